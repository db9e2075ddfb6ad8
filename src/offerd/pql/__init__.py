"""PQL, the language of rules and formulas: text, tree, and something that runs.

`parse` reads and checks the text when a rule is saved, `encode` and `decode` store the tree, `compile` makes it
runnable, `why` says what made it false; `to_json` and `from_json` know the notation pql/json. See docs/pql.md.
"""

from offerd.pql.ast import Node, decode, encode
from offerd.pql.errors import PQLError
from offerd.pql.json_form import from_json, to_json
from offerd.pql.limits import Limits
from offerd.pql.parser import parse
from offerd.pql.printer import to_text
from offerd.pql.program import Program
from offerd.pql.program import compile_program as compile  # noqa: A004 - it is what it is, as in `re`
from offerd.pql.scope import Scope
from offerd.pql.why import Clause, why

__all__ = [
    "Clause",
    "Limits",
    "Node",
    "PQLError",
    "Program",
    "Scope",
    "compile",
    "decode",
    "encode",
    "from_json",
    "parse",
    "to_json",
    "to_text",
    "why",
]
