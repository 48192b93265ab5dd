"""Watches a training: what is read of it, and what the policy of a guard changes."""
