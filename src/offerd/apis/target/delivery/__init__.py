"""The delivery API: what a page, an application or a server shows, and what came of it."""
