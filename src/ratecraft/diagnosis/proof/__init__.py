"""Proof by experiment, the pure half: which branches to try, and what their results show."""
