"""Trains a task in the user's own process: its copies, its runs, and what identifies it."""
