"""The nodes of a schedule and what can be computed of each."""
