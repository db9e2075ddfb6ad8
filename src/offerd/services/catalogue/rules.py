"""Rules: parsed once, when they are saved; afterwards their stored syntax tree is what is loaded."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from offerd import engine, pql
from offerd.storage.protocols import CatalogueStore

#: How many compiled programs are kept for texts that come again.
_KEPT = 100_000


class Prepared(msgspec.Struct, frozen=True):
    """The rules of a write.

    Attributes:
        programs: compiled, by text.
        trees: of texts that are not stored yet, by hash.
        errors: of texts that are no rules, by text.
    """

    programs: Mapping[str, pql.Program]
    trees: Mapping[bytes, bytes]
    errors: Mapping[str, pql.PQLError]


class Rules:
    """Gives the program of a rule's text without parsing it again.

    Args:
        store: where syntax trees are kept.
        limits: how large a rule may be.

    Attributes:
        reads: the names of a profile's members that any rule so far may read; empty for the profile as a whole.
        views: what rules see of offers and people beside what the model says.
    """

    def __init__(self, store: CatalogueStore, limits: pql.Limits) -> None:
        self._store = store
        self._limits = limits
        self._programs: OrderedDict[str, pql.Program] = OrderedDict()
        self.reads: set[str] = set()
        self.views = engine.Views()

    def program(self, text: str) -> pql.Program:
        """The program of a text that was saved.

        Raises:
            PQLError: it was never saved as a rule, as a fact that is plain text was not.
        """
        return self._programs.get(text) or among(self.stored([text]), text)

    def stored(self, texts: Iterable[str]) -> dict[str, pql.Program]:
        """The programs of those texts that were saved before; reads all that is missing at once, and parses none."""
        wanted = set(texts)
        found = {text: self._programs[text] for text in wanted if text in self._programs}
        missing = {text_hash(text): text for text in wanted - found.keys()}
        for key, tree in self._store.trees(missing).items():
            program = found[missing[key]] = _compiled(tree)
            self._add(missing[key], program)
        return found

    def prepare(self, texts: Iterable[str], stored: Mapping[str, pql.Program]) -> Prepared:
        """Parses and compiles the texts that were not saved before; touches no storage."""
        programs, trees, errors = dict(stored), dict[bytes, bytes](), dict[str, pql.PQLError]()
        for text in texts:
            if text in programs or text in errors:
                continue
            try:
                tree = pql.encode(pql.parse(text, self._limits))
            except pql.PQLError as error:
                errors[text] = error
                continue
            trees[text_hash(text)] = tree
            programs[text] = _compiled(tree)
        return Prepared(programs, trees, errors)

    def learn(self, prepared: Prepared) -> None:
        """Remembers programs whose trees are stored now."""
        for text, program in prepared.programs.items():
            self._add(text, program)

    def with_(self, prepared: Prepared) -> Callable[[str], pql.Program]:
        """What gives programs while a write is not committed yet."""

        def program(text: str) -> pql.Program:
            if text in prepared.errors:
                raise prepared.errors[text]
            return prepared.programs.get(text) or self.program(text)

        return program

    def _add(self, text: str, program: pql.Program) -> None:
        self.reads.update(path[1] if len(path) > 1 else "" for path in program.paths if path[0] == "profile")
        self._programs[text] = program
        self._programs.move_to_end(text)
        while len(self._programs) > _KEPT:
            self._programs.popitem(last=False)


def among(programs: Mapping[str, pql.Program], text: str) -> pql.Program:
    """The program of a text.

    Raises:
        PQLError: there is none, as there is not of a fact that is plain text.
    """
    found = programs.get(text)
    if found is None:
        raise pql.PQLError("was not saved as a rule", 1, 1)
    return found


def text_hash(text: str) -> bytes:
    """What a rule's syntax tree is stored under."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _compiled(tree: bytes) -> pql.Program:
    return pql.compile(pql.decode(tree))
