"""The nodes of a schedule, and what can be computed from each."""
