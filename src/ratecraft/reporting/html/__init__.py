"""A study as one HTML file that explains it to a colleague: offline, without a single request."""
