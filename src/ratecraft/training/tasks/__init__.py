"""A task, trained in the user's own process: its copies, its runs, and what it is made of."""
