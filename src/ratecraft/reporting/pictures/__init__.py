"""Pictures as values, and their drawings in characters."""
