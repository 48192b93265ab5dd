"""Follows a run that is under way: what was seen of it, bounded, and what is said of it, once."""
