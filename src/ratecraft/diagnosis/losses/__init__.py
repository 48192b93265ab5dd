"""Rules that read the course of losses and metrics: diverged, at chance, too slow, over-fitting."""
