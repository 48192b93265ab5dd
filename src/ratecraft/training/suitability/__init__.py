"""Whether a script can be tuned: how long its run is, and what speaks against it."""
