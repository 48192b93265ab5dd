"""Runs a study to its answer, and chooses the screen that shows it."""
