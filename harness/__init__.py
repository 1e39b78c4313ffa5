"""sitedrill: proves that an emergency workflow works before the night it is needed."""
