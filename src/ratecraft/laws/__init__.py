"""Fits and transfer rules: pure functions from numbers to numbers."""
