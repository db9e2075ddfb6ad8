"""Reading the body of a write member by member; everything that is wrong is told at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from offerd.apis.target.admin.desk import LARGEST
from offerd.model import json
from offerd.model.codec import Fault, pointer
from offerd.services.errors import InvalidDocument

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

#: The most characters of names, and of texts that are not names.
NAME, TEXT = 255, 5_000


class Members:
    """An object of a body.

    Args:
        tree: the object.
        at: its JSON pointer.
        faults: where what is wrong is noted; its own list where None.
    """

    def __init__(self, tree: Any, at: str = "", faults: list[Fault] | None = None) -> None:
        self.at = at
        self.faults: list[Fault] = [] if faults is None else faults
        if not isinstance(tree, Mapping):
            self.fault("", "expected an object")
            tree = {}
        self.tree: Mapping[str, Any] = tree
        self._read: set[str] = set()

    def here(self, name: str | int) -> str:
        """The pointer of a member."""
        return pointer(self.at, name) if name != "" else self.at

    def fault(self, name: str | int, message: str) -> None:
        """Notes that a member is wrong."""
        self.faults.append(Fault(self.here(name), message))

    def get(self, name: str) -> Any:
        """A member as it is; None where it is absent."""
        self._read.add(name)
        return self.tree.get(name)

    def text(self, name: str, *, most: int = NAME, required: bool = False) -> str | None:
        """A text without control characters."""
        value = self.get(name)
        if value is None:
            if required:
                self.fault(name, "is required")
            return None
        if not isinstance(value, str):
            self.fault(name, "expected text")
            return None
        if len(value) > most or _CONTROL.search(value) or (required and not value.strip()):
            least = 1 if required else 0
            self.fault(name, f"expected text of {least} to {most} characters, without control characters")
            return None
        return value

    def whole(self, name: str, *, least: int = 0, most: int = LARGEST, required: bool = False) -> int | None:
        """A whole number."""
        value = self.get(name)
        if value is None:
            if required:
                self.fault(name, "is required")
            return None
        if type(value) is not int or not least <= value <= most:
            self.fault(name, f"expected a whole number from {least} to {most}")
            return None
        return value

    def percent(self, name: str) -> Decimal | None:
        """A number from 0 to 100."""
        value = self.get(name)
        if value is None:
            return None
        exact = json.decimal(value) if json.is_number(value) else None
        if exact is None or not 0 <= exact <= 100:  # noqa: PLR2004 - percent
            self.fault(name, "expected a number from 0 to 100")
            return None
        return exact

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "expected true or false")
            return None
        return value

    def choice(self, name: str, choices: Sequence[str], *, required: bool = False) -> str | None:
        """One of a few texts."""
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            self.fault(name, f"expected one of {', '.join(choices)}")
            return None
        return value

    def instant(self, name: str) -> datetime | None:
        """A time with its offset; one without seconds too."""
        value = self.text(name, most=64)
        if not value:
            return None
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self.fault(name, "expected a time with its offset, such as 2026-05-01T08:00Z")
        return None

    def items(self, name: str) -> list[Members]:
        """A list of objects; an empty one where it is absent."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(name, "expected a list of objects")
            return []
        return [Members(each, f"{self.here(name)}/{index}", self.faults) for index, each in enumerate(value)]

    def inner(self, name: str) -> Members | None:
        """A member that is an object; None where it is absent."""
        value = self.get(name)
        return None if value is None else Members(value, self.here(name), self.faults)

    def wholes(self, name: str) -> list[int]:
        """A list of numbers of objects, each once; an empty one where it is absent."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(type(each) is int and 0 < each <= LARGEST for each in value):
            self.fault(name, f"expected a list of whole numbers from 1 to {LARGEST}")
            return []
        return list(dict.fromkeys(value))

    def texts(self, name: str) -> list[str]:
        """A list of texts; an empty one where it is absent."""
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, str) and len(each) <= NAME for each in value):
            self.fault(name, f"expected a list of texts of at most {NAME} characters")
            return []
        return list(value)

    def rest(self, *but: str) -> dict[str, Any]:
        """The members that nobody has read, without those that are named."""
        return {name: value for name, value in self.tree.items() if name not in self._read and name not in but}

    def check(self) -> None:
        """Ends the reading.

        Raises:
            InvalidDocument: something is wrong.
        """
        if self.faults:
            raise InvalidDocument(self.faults)
