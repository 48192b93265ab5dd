"""What the script's own run says before anything is tried: its length, rate, figures and faults."""
