"""What a watch and a guard saw of a run."""
