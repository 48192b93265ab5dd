"""The figures of a run, and the way to its own evaluation after the last step."""
