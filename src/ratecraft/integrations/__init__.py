"""Schedules for other people's frameworks: one file a framework, each of which can be deleted."""
