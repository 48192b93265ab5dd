"""Starts the runs of a study, on this machine and on a node of a cluster."""
