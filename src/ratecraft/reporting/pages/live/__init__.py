"""The page of a study at work, and what is sent to it."""
