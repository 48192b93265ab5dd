"""Rules about how the program is written: clearing gradients, inputs of the loss, parameters, data order."""
