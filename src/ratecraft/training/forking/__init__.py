"""Branches a run by `fork`: what must be held still or copied, and what makes a fork unsafe."""
