"""A study at work: a fold over its events, and the screens of it."""
