"""Rules about the learning rate of a run and its schedule."""
