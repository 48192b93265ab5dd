"""A schedule as code of other frameworks."""
