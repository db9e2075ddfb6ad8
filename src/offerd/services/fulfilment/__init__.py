"""Fulfilment: what an accept sets going, how it ends, and what it sends."""
