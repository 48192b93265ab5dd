"""Follows a run under way: what was seen of it, in bounded memory, and the findings about it, each reported once."""
