"""Ground floor: errors, units, sourced quantities, keyed random streams and progress. Knows no biology."""
