"""From tree to closures: node types are looked at once, when a rule is compiled, never when it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offerd.pql import ast, lists, loops, texts, times
from offerd.pql.arithmetic import negate, reckon
from offerd.pql.ast import Declaration, Node
from offerd.pql.compare import OPERATORS, compare, excluded, member
from offerd.pql.loops import Loop, Run
from offerd.pql.occurs import occurs
from offerd.pql.paths import item, lookup
from offerd.pql.patterns import Pattern, compile_like, compile_pattern
from offerd.pql.reads import static_path
from offerd.pql.scope import Scope
from offerd.pql.values import truthy

_METHODS: dict[str, Callable[..., Any]] = {
    "isNull": lambda scope, value: value is None,
    "isNotNull": lambda scope, value: value is not None,
    "equals": texts.equality("="),
    "notEqualTo": texts.equality("!="),
    "startsWith": texts.test(texts.starts, True),
    "doesNotStartWith": texts.test(texts.starts, False),
    "endsWith": texts.test(texts.ends, True),
    "doesNotEndWith": texts.test(texts.ends, False),
    "contains": texts.test(texts.contains, True),
    "doesNotContain": texts.test(texts.contains, False),
    "includes": lists.includes,
    "intersects": lists.intersects,
    "intersection": lists.intersection,
    "subsetOf": lists.subset_of,
    "supersetOf": lists.superset_of,
    "distinct": lists.distinct,
    "head": lists.head,
    "count": lists.count,
    "get": lists.get,
    "keys": lists.keys,
    "values": lists.values,
    "getMonth": times.reader("month"),
    "getYear": times.reader("year"),
    "getDayOfMonth": times.reader("day"),
}
_CLOCKS = {"currentMonth": "month", "currentYear": "year", "currentDayOfMonth": "day"}
_SMALL = 2**63


class Compiler:
    """Compiles one rule, and counts the variables that its runs need.

    Attributes:
        slots: how many values `Scope.frame` must hold.
    """

    def __init__(self) -> None:
        """Start with nothing bound."""
        self.slots = 0
        self._variables: dict[str, int] = {}
        self._here: list[int] = []

    def slot(self) -> int:
        """Take the next place in the frame. Nothing recurs in a rule, so each binding can have its own."""
        self.slots += 1
        return self.slots - 1

    def run(self, node: Node) -> Run:  # noqa: C901, PLR0911, PLR0912 - a case for each node
        """Compile a node.

        Raises:
            ValueError: a stored tree names a function or a variable that there is not.
        """
        path = static_path(node)
        if path is not None:
            return _static(path)
        match node:
            case ast.Text(value) | ast.Integer(value) | ast.Double(value) | ast.Boolean(value):
                return _constant(value)
            case ast.Array(items):
                return _array([self.run(each) for each in items])
            case ast.Moment(word):
                return _moment_word(word)
            case ast.Here(up) if 0 <= up < len(self._here):
                return _frame(self._here[-1 - up])
            case ast.Variable(name) if name in self._variables:
                return _frame(self._variables[name])
            case ast.Field(base, name):
                return _field(self.run(base), name)
            case ast.Filter(base, where):
                return self._filtered(base, where)
            case ast.Method():
                return self._method(node)
            case ast.Function(name, args):
                return self._function(name, args)
            case ast.Negate(operand):
                inner = self.run(operand)
                return lambda scope: negate(inner(scope))
            case ast.Arithmetic(op, left, right):
                first, second = self.run(left), self.run(right)
                return lambda scope: reckon(op, first(scope), second(scope))
            case ast.Compare():
                return self._compare(node)
            case ast.OccursOn() | ast.OccursBeside() | ast.OccursWithin() | ast.OccursBetween():
                return occurs(node, self.run)
            case ast.Not(operand):
                inner = self.run(operand)
                return lambda scope: not truthy(inner(scope))
            case ast.And(operands):
                return _all([self.run(each) for each in operands])
            case ast.Or(operands):
                return _some([self.run(each) for each in operands])
            case ast.Select(variables):
                first_loop, *others = self._bound(variables, lambda made: made)
                return loops.select(first_loop, others)
            case ast.Quantified(quantifier, variables):
                counter = self.slot()
                made = self._bound(variables, lambda made: made)
                return loops.quantified(quantifier, made, counter)
            case ast.Aggregate(aggregate, value, variables):
                return self._aggregate(aggregate, value, variables)
            case ast.Let(name, value, body):
                return self._let(name, value, body)
        raise ValueError(f"a {type(node).__name__} where there can be none")

    # Bindings

    def _named(self, name: str, slot: int, body: Callable[[], Any]) -> Any:
        before = dict(self._variables)
        self._variables[name] = slot
        try:
            return body()
        finally:
            self._variables = before

    def _bound(self, variables: tuple[Declaration, ...], then: Callable[[list[Loop]], Any]) -> Any:
        before = dict(self._variables)
        made = []
        for each in variables:
            source, slot = self.run(each.source), self.slot()
            self._variables[each.name] = slot
            where = None if each.where is None else self.run(each.where)
            made.append(Loop(source, slot, where, loops.weight(each.where)))
        try:
            return then(made)
        finally:
            self._variables = before

    def _let(self, name: str, value: Node, body: Node) -> Run:
        given, slot = self.run(value), self.slot()
        inner: Run = self._named(name, slot, lambda: self.run(body))

        def run(scope: Scope) -> Any:
            scope.frame[slot] = given(scope)
            return inner(scope)

        return run

    def _aggregate(self, name: str, value: Node, variables: tuple[Declaration, ...]) -> Run:
        out = self.slot()
        made, inner = self._bound(variables, lambda made: (made, self.run(value)))
        return loops.aggregate(made, inner, lists.AGGREGATES[name], out)

    def _filtered(self, base: Node, where: Node) -> Run:
        return loops.filtered(self._element(base, where))

    def _element(self, base: Node, of_each: Node) -> Loop:
        """Compile what is asked of each element, which a lambda names and anything else is inside of."""
        source, slot = self.run(base), self.slot()
        weight = loops.weight(of_each)
        if isinstance(of_each, ast.Lambda):
            name, body = of_each.parameters[0], of_each.body
            return Loop(source, slot, self._named(name, slot, lambda: self.run(body)), weight)
        self._here.append(slot)
        try:
            return Loop(source, slot, self.run(of_each), weight)
        finally:
            self._here.pop()

    # Functions

    def _method(self, node: ast.Method) -> Run:  # noqa: PLR0911 - a case for each kind of function
        name, args = node.name, node.args
        match name, args:
            case "filter", (where,):
                return self._filtered(node.object, where)
            case "map", (value,):
                return loops.mapped(self._element(node.object, value))
            case "groupBy", (key,):
                return loops.grouped(self._element(node.object, key))
            case "topN" | "bottomN", (by, many):
                return loops.ranked(self._element(node.object, by), self.run(many), name == "topN")
            case "sum" | "average" | "min" | "max", (value,):
                return loops.collected(self._element(node.object, value), lists.AGGREGATES[name])
            case "sum" | "average" | "min" | "max", ():
                return loops.flattened(self.run(node.object), lists.AGGREGATES[name])
            case "matches", (pattern,):
                return self._pattern(compile_pattern, node.object, pattern, texts.matches, False)
            case "regexGroup", (pattern, group):
                nth = self.run(group)
                found = lambda scope, value, made: texts.regex_group(scope, value, made, nth(scope))  # noqa: E731
                return self._pattern(compile_pattern, node.object, pattern, found, None)
        if name not in _METHODS:
            raise ValueError(f"unknown function `{name}`")
        return _applied(_METHODS[name], self.run(node.object), [self.run(each) for each in args])

    def _pattern(
        self,
        make: Callable[[str], Pattern],
        subject: Node,
        pattern: Node,
        asked: Callable[[Scope, Any, Pattern], Any],
        otherwise: Any,
    ) -> Run:
        value = self.run(subject)
        if isinstance(pattern, ast.Text):
            ready = make(pattern.value)
            return lambda scope: asked(scope, value(scope), ready)
        given = self.run(pattern)

        def run(scope: Scope) -> Any:
            made = texts.compiled(make, given(scope))
            return otherwise if made is None else asked(scope, value(scope), made)

        return run

    def _function(self, name: str, args: tuple[Node, ...]) -> Run:
        runs = [self.run(each) for each in args]
        if name == "if":
            test, yes, no = runs
            return lambda scope: yes(scope) if truthy(test(scope)) else no(scope)
        if name == "date":
            year, month, day = runs
            return lambda scope: times.day(year(scope), month(scope), day(scope), scope.zone)
        if name == "inSegment":
            asked = runs[0]
            return lambda scope: loops.some(asked(scope), scope, scope.in_segment)
        if name in _CLOCKS:
            part = _CLOCKS[name]
            return lambda scope: times.part(part, scope.moment(), scope.zone)
        raise ValueError(f"unknown function `{name}`")

    # Comparisons

    def _compare(self, node: ast.Compare) -> Run:
        op, right = node.op, node.right
        if op == "like":
            return self._pattern(compile_like, node.left, right, texts.like, False)
        left, other = self.run(node.left), self.run(right)
        if op in ("in", "notIn"):
            wanted = op == "in"
            if isinstance(right, ast.Array) and all(isinstance(each, ast.Text) for each in right.items):
                known = frozenset(each.value for each in right.items if isinstance(each, ast.Text))
                return _among_texts(left, known, other, wanted)
            asked = member if wanted else excluded
            return lambda scope: asked(left(scope), other(scope), scope)
        match right:
            case ast.Text(value):
                return _against_text(op, left, value)
            case ast.Integer(value) | ast.Double(value):
                return _against_number(op, left, value)
        return lambda scope: compare(op, left(scope), other(scope), scope)


def _constant(value: Any) -> Run:
    return lambda scope: value


def _array(runs: list[Run]) -> Run:
    return lambda scope: [run(scope) for run in runs]


def _frame(slot: int) -> Run:
    return lambda scope: scope.frame[slot]


def _moment_word(word: ast.MomentWord) -> Run:
    def run(scope: Scope) -> Any:
        try:
            return times.word(word, scope.moment(), scope.zone)
        except OverflowError:
            return None

    return run


_ROOTS: dict[str, Run] = {
    "profile": lambda scope: scope.profile,
    "context": lambda scope: scope.context,
    "offer": lambda scope: scope.offer,
    "event": lambda scope: scope.event,
    "tables": lambda scope: scope.tables,
}


def _static(path: tuple[str, ...]) -> Run:
    root, *names = path
    if root.startswith("@"):
        key = root[2:-1]
        return _chain(lambda scope: item(scope, key), names, prefixed=True)
    # What comes from outside may carry its prefixes; the catalogue's own and the profile's names are as they are.
    return _chain(_ROOTS[root], names, prefixed=root == "event")


def _chain(root: Run, names: list[str], prefixed: bool) -> Run:
    if not names:
        return root
    if len(names) == 1:
        return _member(root, names[0], prefixed)

    def run(scope: Scope) -> Any:
        value = root(scope)
        for name in names:
            found = value.get(name) if type(value) is dict else None
            if found is None:
                found = lookup(value, name, scope, prefixed)
                if found is None:
                    return None
            value = found
        return value

    return run


def _member(root: Run, name: str, prefixed: bool) -> Run:
    def run(scope: Scope) -> Any:
        value = root(scope)
        if type(value) is dict and name in value:
            return value[name]
        return lookup(value, name, scope, prefixed)

    return run


def _field(base: Run, name: str) -> Run:
    return lambda scope: lookup(base(scope), name, scope)


def _applied(function: Callable[..., Any], subject: Run, args: list[Run]) -> Run:
    if not args:
        return lambda scope: function(scope, subject(scope))
    if len(args) == 1:
        only = args[0]
        return lambda scope: function(scope, subject(scope), only(scope))
    return lambda scope: function(scope, subject(scope), *[arg(scope) for arg in args])


def _all(runs: list[Run]) -> Run:
    def run(scope: Scope) -> bool:
        for each in runs:
            found = each(scope)
            if found is not True and not truthy(found):
                return False
        return True

    return run


def _some(runs: list[Run]) -> Run:
    def run(scope: Scope) -> bool:
        for each in runs:
            found = each(scope)
            if found is not False and truthy(found):
                return True
        return False

    return run


def _among_texts(left: Run, known: frozenset[str], others: Run, wanted: bool) -> Run:
    def run(scope: Scope) -> bool:
        value = left(scope)
        if type(value) is str:
            return (value in known) is wanted
        return (member if wanted else excluded)(value, others(scope), scope)

    return run


def _against_text(op: str, left: Run, right: str) -> Run:
    operate = OPERATORS[op]

    def run(scope: Scope) -> bool:
        value = left(scope)
        return operate(value, right) if type(value) is str else compare(op, value, right, scope)

    return run


def _against_number(op: str, left: Run, right: int | float) -> Run:
    operate = OPERATORS[op]

    def run(scope: Scope) -> bool:
        value = left(scope)
        if type(value) is int and -_SMALL < value < _SMALL:
            return operate(value, right)
        return compare(op, value, right, scope)

    return run
