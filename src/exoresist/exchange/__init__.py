"""Other people's files: readers that check what they read."""
