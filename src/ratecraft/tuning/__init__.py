"""Drives a study: takes jobs from a controller to runs, and their outcomes to the record and back to the controller."""
