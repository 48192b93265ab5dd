"""Rules that read what is inside the model: inputs, initial weights, units, gradients, parameter groups."""
