"""ratecraft's own processes: how they start, how supervisor and worker communicate, and how they end."""
