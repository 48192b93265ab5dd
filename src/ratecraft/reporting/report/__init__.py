"""The report of a study as a value: one file for each section, made of blocks."""
