"""Processes of ours: how they begin, what supervisor and worker say to each other, and how they end."""
