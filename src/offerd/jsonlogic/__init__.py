"""JsonLogic, the rules of on-device artifacts: a tree of JSON, compiled once to closures.

`compile` checks a rule and makes it runnable: unknown operators, wrong numbers of arguments, computed names and trees
beyond the limits are refused then, so that running one cannot fail. `loosely` holds the comparison that both sides of
an artifact must share. Where JsonLogic's libraries differ from each other, this is what they do in JavaScript:
a value that is absent is null, null is 0 where numbers are compared (so `{"<": [{"var": "absent"}, 5]}` is true),
numeric texts are numbers beside numbers, texts beside texts are compared as texts, and NaN is nothing's equal. Unlike
there, whole numbers beyond 2^53 are compared exactly, and `var` finds no properties that are not in the data, such as
a list's `length`.
"""

from offerd.jsonlogic.errors import JsonLogicError
from offerd.jsonlogic.limits import Limits
from offerd.jsonlogic.logic import Logic
from offerd.jsonlogic.logic import compile_logic as compile  # noqa: A004 - as in `re`
from offerd.jsonlogic.ranges import Span

__all__ = ["JsonLogicError", "Limits", "Logic", "Span", "compile"]
