"""How a study lies on the disk: one SQLite file, one writer, archives of folders."""
