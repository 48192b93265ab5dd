"""How a score answers to the learning rate: ramps, valleys, shapes of schedules."""
