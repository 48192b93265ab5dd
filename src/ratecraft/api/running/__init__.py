"""The one way from a study to its answer, and the screens beside it."""
