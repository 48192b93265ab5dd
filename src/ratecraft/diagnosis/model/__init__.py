"""Rules about the model: its inputs, initial weights, units, gradients and parameter groups."""
