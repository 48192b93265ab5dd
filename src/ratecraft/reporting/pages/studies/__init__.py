"""The pages of the studies of a folder, and of their runs."""
