"""Top floor: the command line. It parses, calls the rooms below and prints; it computes nothing."""
