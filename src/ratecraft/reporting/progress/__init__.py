"""A study under way: a fold over its events, and the screens that show it."""
