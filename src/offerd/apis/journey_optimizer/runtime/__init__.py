"""The runtime of the wire format: decisions of the hub, what goes with them, and decision events."""
