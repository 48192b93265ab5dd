"""Whether a script can be tuned: the length of its run, and what prevents it."""
