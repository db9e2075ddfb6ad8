"""Tags, which the newer interface calls collection qualifiers."""

from __future__ import annotations

from offerd.apis.journey_optimizer.codecs.codec import Codec, described
from offerd.apis.journey_optimizer.codecs.reading import Reader
from offerd.apis.journey_optimizer.codecs.words import read_title, title
from offerd.apis.journey_optimizer.names import TAG
from offerd.apis.journey_optimizer.shapes import shape
from offerd.model.offer import Tag


def _decode(reader: Reader, old: Tag | None) -> Tag:
    name = read_title(reader, old)
    return Tag(
        name=name,
        description=old.description if old else "",
        extensions=reader.extensions(old),
        **described(old),
    )


CODEC = Codec(resource=TAG, shape=shape("name"), members={"name": title}, decode=_decode)
