"""Findings about a run: as a screen, as one line, and as the change that fixes them."""
