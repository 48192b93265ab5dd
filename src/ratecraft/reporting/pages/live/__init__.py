"""The page of a study under way, and the messages sent to it."""
