"""The pages on which to try a schedule or a plan."""
