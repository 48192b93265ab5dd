"""Pictures as values, and drawn in characters."""
