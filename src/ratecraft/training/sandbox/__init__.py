"""Keeps the user's files untouched: by mirrors, copies on first write, and rules enforced by the kernel."""
