"""Threads that only wait, which a fork can meet: held still while it happens, started again in the branch."""
