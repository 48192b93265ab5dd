"""`scale`: a rate by a law over sizes."""
