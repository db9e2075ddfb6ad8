"""The files that the server's pages need, all of them from here."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

from offerd.apis.operation import Answer
from offerd.services.errors import NotFound

_STATIC = files("offerd.web") / "static"
_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_FOREVER = ("cache-control", "public, max-age=31536000, immutable")
_FRESH = ("cache-control", "no-cache")

#: A page may load what this server serves, and nothing else; the icons of the vendored style sheet are in the sheet.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(name: str) -> Answer:
    """One of the server's own pages."""
    return Answer(
        body=(_STATIC / name).read_bytes(),
        media="text/html; charset=utf-8",
        headers=(("content-security-policy", PAGE_POLICY), _FRESH),
    )


class Assets:
    """Every script and style sheet that a page may load, in memory, by package and name."""

    def __init__(self) -> None:
        self._answers = {("offerd", "docs.js"): _answer(_STATIC / "docs.js", _FRESH)}
        for package in (_STATIC / "vendor").iterdir():
            if package.is_dir():
                for file in package.iterdir():
                    if _ending(file) in _MEDIA:
                        self._answers[package.name, file.name] = _answer(file, _FOREVER)

    def get(self, package: str, name: str) -> Answer:
        """One of them.

        Raises:
            NotFound: there is no such file.
        """
        found = self._answers.get((package, name))
        if found is None:
            raise NotFound("assets", f"{package}/{name}")
        return found


def _answer(file: Traversable, caching: tuple[str, str]) -> Answer:
    return Answer(body=file.read_bytes(), media=_MEDIA[_ending(file)], headers=(caching,))


def _ending(file: Traversable) -> str:
    return file.name.rpartition(".")[2]
