"""Proof by experiment: short branches from the run as it is."""
