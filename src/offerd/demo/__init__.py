"""A demonstration with real people and real situations: data, catalogue, loading, replay."""
