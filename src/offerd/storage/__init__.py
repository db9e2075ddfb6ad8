"""What survives a restart: a Protocol for each kind of state, and its implementations."""
