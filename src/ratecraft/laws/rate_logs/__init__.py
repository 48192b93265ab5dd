"""Which schedule a log of learning rates follows."""
