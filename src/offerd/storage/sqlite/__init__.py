"""State in one folder, in SQLite."""
