"""A script in the process that runs it: starts it as Python would, reads its output, and ends it."""
