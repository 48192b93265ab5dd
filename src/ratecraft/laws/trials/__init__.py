"""What several trials tell together."""
