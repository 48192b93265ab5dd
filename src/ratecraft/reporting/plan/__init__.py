"""A plan made without training, as a screen, as JSON and as code."""
