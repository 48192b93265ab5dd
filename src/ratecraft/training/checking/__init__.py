"""Whether what a study needs is here: one file for each kind of thing; nothing of the user's is run."""
