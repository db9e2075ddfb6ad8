"""The Edge Network's part of the wire format: events in, personalization out, on client and server."""
