"""A law over sizes: which rates the small runs are trained at, and what they predict for the large one."""
