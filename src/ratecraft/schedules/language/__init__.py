"""Schedules as text: the parser, and the names that it knows."""
