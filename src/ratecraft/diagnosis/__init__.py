"""Finds what is wrong with a run from what was observed of it: pure rules, one concern per file."""
