"""What to run: a study with its identity, settings and price, and what is needed to run it."""
