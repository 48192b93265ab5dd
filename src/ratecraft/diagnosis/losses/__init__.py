"""Rules about losses and metrics over time: diverged, at chance, too slow, over-fitting."""
