"""`diagnose`: what is wrong with a run, from its log, once or while it grows."""
