"""Support for training frameworks: one file each, which can be deleted without affecting the others."""
