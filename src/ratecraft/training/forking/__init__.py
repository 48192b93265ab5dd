"""A branch of a run by `fork`: what must be held still, copied or refused for it."""
