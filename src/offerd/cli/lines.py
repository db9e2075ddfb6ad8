"""Where in a YAML file something stands that a JSON pointer names."""

from __future__ import annotations

from typing import Any

import yaml

from offerd.services.document import LOADER


class Lines:
    """Finds the line of a pointer; where the file does not go that deep, the line of what is there.

    Args:
        text: the YAML file.
    """

    def __init__(self, text: str) -> None:
        try:
            self._root: yaml.Node | None = yaml.compose(text, Loader=LOADER)
        except yaml.YAMLError:
            self._root = None

    def of(self, pointer: str) -> int | None:
        """The line, from 1; None where the file cannot be read."""
        node, line = self._root, self._root.start_mark.line + 1 if self._root else None
        for part in pointer.split("/")[1:]:
            node, found = _step(node, part.replace("~1", "/").replace("~0", "~"))
            if found is None:
                break
            line = found
        return line


def _step(node: Any, name: str) -> tuple[yaml.Node | None, int | None]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and name.isdecimal() and int(name) < len(node.value):
        value = node.value[int(name)]
        return value, value.start_mark.line + 1
    return None, None
