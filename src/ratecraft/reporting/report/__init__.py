"""The report of a study as a value: one file a section, put together from blocks."""
