"""What the machine has and grants: processors, memory, devices."""
