"""What the format keeps beside the services of one house: the key of its tokens, and the sessions it is answering."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from offerd.apis.target.problems import TooMany
from offerd.model.activity import Activity
from offerd.model.catalogue import Catalogue
from offerd.services.house import House

#: The file in the data folder that holds the key of event tokens.
KEY_FILE = "target.key"

#: Requests of one session that may be under way at the same time.
MOST_AT_ONCE = 100

_KEY_BYTES = 32


class Runtime:
    """The format's own state of one house.

    Args:
        folder: the data folder.

    Attributes:
        key: what tokens are signed with; made at the first start and the same ever after.
    """

    def __init__(self, folder: Path) -> None:
        self.key = _key(folder / KEY_FILE)
        self._under_way: Counter[tuple[str, str]] = Counter()
        self._goals: dict[str, tuple[int, list[Activity]]] = {}

    def goals(self, workspace: str, catalogue: Catalogue) -> list[Activity]:
        """The activities that have goals; found once a revision."""
        known = self._goals.get(workspace)
        if known is None or known[0] != catalogue.revision:
            activities = catalogue.of("activities").values()
            found = [each for each in activities if isinstance(each, Activity) and each.goals]
            known = self._goals[workspace] = (catalogue.revision, found)
        return known[1]

    @contextmanager
    def session(self, workspace: str, session: str) -> Iterator[None]:
        """Counts a request of a session while it is answered.

        Raises:
            TooMany: there are too many.
        """
        name = (workspace, session)
        if self._under_way[name] >= MOST_AT_ONCE:
            raise TooMany("Too many requests with same session ID")
        self._under_way[name] += 1
        try:
            yield
        finally:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]


_RUNTIMES: WeakKeyDictionary[House, Runtime] = WeakKeyDictionary()

#: Artifacts are made in threads of their own: the first of them and the first delivery have the same key.
_MAKING = Lock()


def runtime(house: House) -> Runtime:
    """The format's own state of a house."""
    with _MAKING:
        found = _RUNTIMES.get(house)
        if found is None:
            found = _RUNTIMES[house] = Runtime(house.storage.folder)
        return found


def _key(path: Path) -> bytes:
    """The key in a file that only the server's user can read, made where there is none."""
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = b""
    if len(found) == _KEY_BYTES:
        return found
    made = secrets.token_bytes(_KEY_BYTES)
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return made
