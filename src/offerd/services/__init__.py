"""What offerd does: the only code that joins the engine and the storage."""
