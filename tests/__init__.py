"""The tests; a package, so that no other one of this name that something has installed is taken for it."""
