"""`scale`: predicts a rate by a law over sizes."""
