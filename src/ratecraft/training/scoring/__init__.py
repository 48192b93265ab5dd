"""The figures of a run, and how it is led to its own evaluation after the last step."""
