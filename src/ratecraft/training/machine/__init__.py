"""What the machine has and what this process may use: processors, memory, devices."""
