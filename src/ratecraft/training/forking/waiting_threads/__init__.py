"""Threads that only wait: held still during a fork, and started again in the branch."""
