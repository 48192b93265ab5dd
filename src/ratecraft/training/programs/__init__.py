"""Trials of any program: one process each, from its start to its end."""
