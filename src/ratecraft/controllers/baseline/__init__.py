"""What the script's own run shows before anything is tried: its length, rate, figures and faults."""
