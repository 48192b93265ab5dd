"""A trial of any program: one process from its start to its end."""
