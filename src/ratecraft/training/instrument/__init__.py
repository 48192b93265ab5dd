"""What is read from and written to a training at its optimizer's steps; the host, the watch and tasks use the same."""
