"""Deciding from an on-device artifact, as devices do, with what the engine decides with.

An artifact is compiled once; then each request costs what its own rules cost. Shared with the engine and delivery, not
repeated here, are the hash that splits traffic (`services.traffic`), the facts of pages and browsers
(`delivery.facts`), macros (`delivery.macros`) and the reading of requests. Conditions are closures
(`offerd.jsonlogic`) over facts that are made only when a condition comes to them; the allocation is compared with the
artifact's ranges as any other number. Options and metrics are prepared for both ways of asking when the artifact is
compiled, and answers hold these very objects: nothing is copied, so an answer must not be changed.

    device = evaluator.compile_artifact(evaluator_loading.load(data))
    answer = device.decide({"id": {"tntId": "v1"}, "execute": {"mboxes": [{"index": 0, "name": "hero"}]}})
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from offerd.apis.target.delivery import reading
from offerd.apis.target.delivery.values import mapping, objects, text, whole
from offerd.apis.target.ids import GLOBAL
from offerd.apis.target.on_device.evaluator_facts import Facts
from offerd.apis.target.on_device.evaluator_loading import ArtifactError, checked
from offerd.apis.target.on_device.evaluator_rules import ALLOCATION, Way, WireRule, rules_of
from offerd.apis.target.on_device.evaluator_run import GEO_TOKENS, Asked, Run, unique
from offerd.apis.target.on_device.evaluator_trace import Trace
from offerd.services.clock import Clock, SystemClock

__all__ = ["ArtifactError", "Evaluator", "compile_artifact"]

_OK, _PARTIAL = 200, 206
_METHOD = "on-device"
_VIEWS: Final = "views"


def compile_artifact(tree: Any, *, client: str | None = None, clock: Clock | None = None) -> Evaluator:
    """Compiles an artifact.

    Args:
        tree: the artifact.
        client: the client code that traffic is split for, where it is not the artifact's own.
        clock: says when it is; the machine's, unless told.

    Raises:
        ArtifactError: it is no artifact, is of another major version than 1, or has a rule that cannot be compiled.
    """
    return Evaluator(checked(tree), client=client, clock=clock or SystemClock())


class Evaluator:
    """A compiled artifact.

    Args:
        tree: the artifact, checked.
        client: the client code that traffic is split for, where it is not the artifact's own.
        clock: says when it is.

    Attributes:
        artifact: the artifact.
        client: the client code.
        geo: the response tokens that are of the place on earth, and the facts that they are.
    """

    def __init__(self, tree: Mapping[str, Any], *, client: str | None, clock: Clock) -> None:
        meta = mapping(tree, "meta")
        self.artifact = tree
        self.client = client if client is not None else str(meta.get("clientCode") or "")
        self._clock = clock
        self._global = str(tree.get("globalMbox") or GLOBAL)
        tokens = frozenset(_names(tree, "responseTokens"))
        self.geo: Mapping[str, str] = {token: name for token, name in GEO_TOKENS.items() if token in tokens}
        rules = mapping(tree, "rules")
        self._mboxes = rules_of(mapping(rules, "mboxes"), "mboxes", tokens)
        self._views = rules_of(mapping(rules, _VIEWS), _VIEWS, tokens)
        self._all_views = [rule for each in self._views.values() for rule in each]
        self._remote = {name: _names(tree, f"remote{name.title()}") for name in ("mboxes", _VIEWS)}
        self._local = {name: frozenset(_names(tree, f"local{name.title()}")) for name in ("mboxes", _VIEWS)}

    def decide(self, request: Mapping[str, Any], *, session: str = "") -> dict[str, Any]:
        """The answer to a delivery request.

        Args:
            request: its body.
            session: the visit, which only a trace tells.

        Returns:
            The body of a response, with status 206 where something that was asked for can only be decided by the
            server: `meta.remoteMboxes` and `meta.remoteViews` name it. Its parts belong to the evaluator.

        Raises:
            Rejected: it is no delivery request.
        """
        execute, prefetch = mapping(request, "execute"), mapping(request, "prefetch")
        asked = Asked(execute, prefetch)
        remote_mboxes = self._remotely("mboxes", asked.mboxes, unnamed=False)
        remote_views = self._remotely(_VIEWS, asked.views, unnamed=asked.unnamed)
        run = Run(self, request, session=session, now=self._clock.now())
        answer: dict[str, Any] = {
            "status": _PARTIAL if remote_mboxes or remote_views else _OK,
            "requestId": text(request, "requestId", reading.ID) or unique(),
            "client": self.client,
            "id": run.echo,
        }
        if execute:
            answer["execute"] = self._answered(run, execute, "execute")
        if prefetch:
            answer["prefetch"] = self._answered(run, prefetch, "prefetch")
        answer["meta"] = {
            "decisioningMethod": _METHOD,
            "remoteMboxes": remote_mboxes,
            "remoteViews": remote_views,
        }
        return answer

    def _answered(self, run: Run, asked: Mapping[str, Any], way: Way) -> dict[str, Any]:
        trace = run.trace()
        made: dict[str, Any] = {}
        if asked.get("mboxes"):
            made["mboxes"] = [
                shown
                for place, each in enumerate(objects(asked, "mboxes", reading.MOST))
                for shown in self._mbox(run, each, place, way, trace)
            ]
        if way == "prefetch" and asked.get(_VIEWS):
            made[_VIEWS] = [
                shown for each in objects(asked, _VIEWS, reading.MOST) for shown in self._view(run, each, trace)
            ]
        if isinstance(asked.get("pageLoad"), dict):
            made["pageLoad"] = self._page(run, asked["pageLoad"], way, trace)
        return made

    def _mbox(
        self, run: Run, asked: Mapping[str, Any], place: int, way: Way, trace: Trace | None
    ) -> Iterator[dict[str, Any]]:
        """What an mbox shows: the first rule that holds; in the global one the first that holds of each key."""
        name = reading.mbox_name(asked, f"{way}.mboxes.")
        index = whole(asked.get("index"))
        index = place if index is None or index < 0 else index
        facts = run.facts(asked)
        if trace is not None:
            trace.asked(way, "mbox", {**asked, "name": name, "index": index}, facts)
        every = name == self._global
        nothing = not every
        for rule in self._holding(run, self._mboxes.get(name, ()), facts, trace, every=every):
            nothing = False
            shown = {"index": index, **rule.shown(way, run.tokens(facts), asked, name, index)}
            yield shown if trace is None else {**shown, "trace": trace.told()}
        if nothing:
            blank = {"index": index, "name": name}
            yield blank if trace is None else {**blank, "trace": trace.told()}

    def _page(self, run: Run, asked: Mapping[str, Any], way: Way, trace: Trace | None) -> dict[str, Any]:
        """What a page shows at once: the options of all rules of the global mbox, the first that holds of each key."""
        facts = run.facts(asked)
        if trace is not None:
            trace.asked(way, "mbox", {**asked, "name": self._global}, facts)
        options: list[Any] = []
        metrics: dict[Any, Any] = {}
        for rule in self._holding(run, self._mboxes.get(self._global, ()), facts, trace, every=True):
            shown = rule.shown(way, run.tokens(facts), asked, self._global, None)
            options += shown["options"]
            for metric in shown.get("metrics", ()):
                metrics[metric.get("eventToken")] = metric
        made: dict[str, Any] = {"options": options}
        if metrics:
            made["metrics"] = list(metrics.values())
        return made if trace is None else {**made, "trace": trace.told()}

    def _view(self, run: Run, asked: Mapping[str, Any], trace: Trace | None) -> list[dict[str, Any]]:
        """What a view shows, or, of a request that names none, all views: the first that holds of each key, merged."""
        name = text(asked, "name", reading.ID, "prefetch.views.")
        rules = self._all_views if name is None else self._views.get(name, ())
        facts = run.facts(asked)
        if trace is not None:
            trace.asked("prefetch", "view", asked, facts)
        made: dict[str, dict[str, Any]] = {}
        for rule in self._holding(run, rules, facts, trace, every=True):
            shown = dict(rule.shown(_VIEWS, run.tokens(facts), asked, name, None))
            if trace is not None:
                shown["trace"] = trace.told()
            known = made.setdefault(rule.name, shown)
            if known is not shown:
                made[rule.name] = _merged(known, shown)
        return [made[name] for name in sorted(made)]

    def _holding(
        self, run: Run, rules: Iterable[WireRule], facts: Facts, trace: Trace | None, *, every: bool
    ) -> Iterator[WireRule]:
        """The rules that hold, in order: the first, or the first of every key."""
        token, allocations, keys = run.property, run.allocations, set()
        for rule in rules:
            if rule.properties is not None and token not in rule.properties:
                continue
            if every and rule.key in keys:
                continue
            inside = True
            if rule.splits:
                share = allocations.get(rule.activity)
                if share is None:
                    share = run.allocation(rule.activity)
                facts[ALLOCATION] = share
                low, high, from_low, to_high = rule.span
                inside = low <= share <= high and (share != low or from_low) and (share != high or to_high)
            holds = inside and rule.truth(facts)
            if trace is not None:
                facts[ALLOCATION] = run.allocation(rule.activity)
                trace.evaluated(rule, facts, holds=holds)
            if holds:
                yield rule
                if not every:
                    return
                keys.add(rule.key)

    def _remotely(self, kind: str, asked: Iterable[str], *, unnamed: bool) -> list[str]:
        """What was asked for that only the server can decide."""
        if unnamed:
            return list(self._remote[kind])
        remote, local = self._remote[kind], self._local[kind]
        return [name for name in dict.fromkeys(asked) if name in remote or name not in local]


def _merged(known: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    made = {**known, "options": known["options"] + more["options"]}
    if "metrics" in known or "metrics" in more:
        made["metrics"] = known.get("metrics", []) + more.get("metrics", [])
    return made


def _names(tree: Mapping[str, Any], member: str) -> list[str]:
    found = tree.get(member)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
