"""What happened: jobs, outcomes and events, the record that keeps them, and what is folded from it. The waist."""
