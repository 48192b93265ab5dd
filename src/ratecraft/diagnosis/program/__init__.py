"""Rules that read how the program is written: what it clears, passes, leaves out, and feeds in which order."""
