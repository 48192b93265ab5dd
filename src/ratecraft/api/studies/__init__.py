"""What is to be run: a study with its identity, its settings, its price and the means to drive it."""
