"""Starts the runs of a study, on this machine or on a node of a cluster."""
