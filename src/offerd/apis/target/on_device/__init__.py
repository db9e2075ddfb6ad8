"""On-device artifacts: what devices decide from without asking."""

from offerd.apis.target.on_device.publishing import Published, artifact, publisher

__all__ = ["Published", "artifact", "publisher"]
