"""`watch`: follows a training while it runs."""
