"""Training frameworks that a hosted script uses: one file each, which can be deleted without a trace in the others."""
