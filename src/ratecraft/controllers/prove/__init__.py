"""Proof by experiment: short branches off the run as it is."""
