"""Turns results into text and pages: the end screen, the live block, plots, lists, errors. Nothing is decided here."""
