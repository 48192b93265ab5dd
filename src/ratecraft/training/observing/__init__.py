"""Watches a training: reads its steps, and applies what a guard's policy decides."""
