"""Reads and writes a training at its optimizer's steps; shared by the host, the watch and tasks."""
