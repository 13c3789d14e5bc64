"""Whether all parts work, and whether files, records and vectors agree."""
