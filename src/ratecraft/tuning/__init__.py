"""Drives a study: a controller's jobs to runs, their outcomes to the record and back to the controller."""
