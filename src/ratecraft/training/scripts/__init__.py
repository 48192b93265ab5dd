"""A script in the process that runs it: entered as Python would, its lines read along, its files named, ended."""
