"""`watch`: a training followed while it runs."""
