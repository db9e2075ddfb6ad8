"""From text to tree: lark's parser, its errors put into words, and the limits on size."""

from __future__ import annotations

from functools import cache
from importlib import resources

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from offerd.pql.ast import Node
from offerd.pql.builder import Builder
from offerd.pql.errors import PQLError
from offerd.pql.limits import Limits
from offerd.pql.words import RESERVED

_VALUE = frozenset({"IDENTIFIER", "TEXT", "INTEGER"})
_PHRASES = {
    "NAME": "a name",
    "TEXT": "text between double quotes",
    "INTEGER": "a whole number",
    "UNIT": "a unit of time",
    "DIRECTION": "`before`, `after` or `from`",
    "COMPARE": "a comparison",
    "MEMBER": "`in`",
    "_AND": "`and`",
    "_OR": "`or`",
    "_FROM": "`from`",
    "_OVER": "`over`",
    "_OPEN": "`(`",
    "_CLOSE": "`)`",
    "_RIGHT": "`]`",
    "_COMMA": "`,`",
    "_ARROW": "`=>`",
    "$END": "the end of the rule",
}
# What people write who come from another language: what is wrong with it, and what it is here.
_HINTS: dict[str, tuple[str, str]] = {
    "'": ("text is written between double quotes", '`"`'),
    "&": ("`&` is not an operator", "`and`"),
    "|": ("`|` is not an operator", "`or`"),
    "@": ("an item of the context is written `@{type}`", "`@{`"),
    "{": ("a brace opens an item of the context only", "`@{`"),
    ";": ("a rule is one expression", ""),
    "#": ("there are no comments", ""),
    "\\": ("a backslash belongs between double quotes", ""),
    '"': ("text that does not end", '`"`'),
    "`": ("a name that does not end", "a backquote"),
}
_FOREIGN = {"==": "`=`", "<>": "`!=`", "=>": "`>=`"}
_LONGEST_SHOWN = 40


@cache
def _grammar() -> Lark:
    text = resources.files("offerd.pql").joinpath("grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=True)


def parse(text: str, limits: Limits = Limits()) -> Node:  # noqa: B008 - frozen
    """Read a rule or a formula, and check all that can be checked before there is data.

    Args:
        text: the rule, in the language of docs/pql.md (Journey Optimizer's PQL reference, as text).
        limits: the guards on its size and nesting.

    Returns:
        Its tree, ready to be stored with `encode` and run with `compile`.

    Raises:
        PQLError: the text is no rule; says where, and what was expected.
    """
    if len(text) > limits.size:
        raise PQLError(f"a rule of {len(text)} characters; at most {limits.size} are allowed", 1, 1)
    if not text.strip():
        raise PQLError("the rule is empty", 1, 1, ("a value",))
    surrogate = next((i for i, char in enumerate(text) if "\ud800" <= char <= "\udfff"), None)
    if surrogate is not None:
        raise PQLError("half a character (a lone surrogate)", *_place(text, surrogate))
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        raise _explained(text, error) from None
    return Builder(limits).build(tree)


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _explained(text: str, error: UnexpectedInput) -> PQLError:
    if isinstance(error, UnexpectedToken):
        return _misplaced(text, error)
    at = error.pos_in_stream or 0
    char = text[at]
    message, instead = _HINTS.get(char, (f"unexpected {_shown(char)}", None))
    if instead is None and isinstance(error, UnexpectedCharacters):
        expected = _phrases(error.allowed)[:1]
    else:
        expected = (instead,) if instead else ()
    return PQLError(message, *_place(text, at), expected)


def _misplaced(text: str, error: UnexpectedToken) -> PQLError:
    token: Token = error.token
    expected = _phrases(error.accepts or error.expected)
    if token.type == "$END":
        return PQLError("the rule ends too early", *_place(text, len(text.rstrip())), expected)
    at = token.start_pos or 0
    pair = text[max(at - 1, 0) : at] + str(token)
    if pair in _FOREIGN:
        return PQLError(f"`{pair}` is not an operator", *_place(text, at - 1), (_FOREIGN[pair],))
    if token.lower() in RESERVED and expected[:1] in (("a value",), ("a name",)):
        message = f"`{token}` is a keyword; as a name it stands between backquotes"
        return PQLError(message, *_place(text, at), expected)
    if token.type == "_NOT" and "MEMBER" in error.expected:
        expected = ("`notIn`", "an operator")
    if expected == (_PHRASES["$END"],):
        # The parser has already closed what came before, so it no longer knows what could have followed.
        closed = token.type in ("COMPARE", "MEMBER", "_OCCURS")
        expected = ("`and`", "`or`", *expected) if closed else ("an operator", *expected)
    return PQLError(f"unexpected {_shown(str(token))}", *_place(text, at), expected)


def _shown(found: str) -> str:
    return f"`{found}`" if len(found) <= _LONGEST_SHOWN else f"`{found[:_LONGEST_SHOWN]}…`"


def _phrases(terminals: set[str]) -> tuple[str, ...]:
    """Put what the parser could have taken into words, the most telling first."""
    left = set(terminals)
    said = []
    if left >= _VALUE:
        said.append("a value")
        left -= _VALUE | {"QUOTED"}
        left &= {"_CLOSE", "_RIGHT"}
    elif "SIGN" in left:
        said.append("an operator")
        left -= {"_AND", "_OR", "_OPEN", "COMPARE", "MEMBER"}
    if "QUOTED" in left:
        # Wherever a quoted name can stand, a plain one can.
        said.append("a name")
        left -= {"QUOTED", "IDENTIFIER", "NAME"}
    said.extend(phrase for terminal, phrase in _PHRASES.items() if terminal in left)
    return tuple(said)
