"""Threads that only wait, which a fork can meet: held still while it happens, begun anew in the branch."""
