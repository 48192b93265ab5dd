"""Figures that a program prints or appends to a file, read from the text."""
