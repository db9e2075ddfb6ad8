"""What the server counts for Prometheus; docs/data.md names every one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

import offerd
from offerd.model.decision import Decision, Proposition
from offerd.services.house import House
from offerd.services.recording import Recorded
from offerd.web.exchange import Exchange

#: The media type of what is exposed.
MEDIA = "text/plain; version=1.0.0; charset=utf-8"

#: The types of interaction that are counted by name; every other one is `custom`.
INTERACTIONS = frozenset(("display", "click", "accept", "dismiss", "claim", "conversion", "purchase"))

#: The methods that are counted by name; every other one is `other`.
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

#: The fulfillers that are counted by name; every other one is `other`.
FULFILLERS = frozenset(("webhook", "http", "email"))

#: The states that a fulfilment may be in.
FULFILMENTS = ("in_progress", "completed", "failed")

#: The states that a job may be in.
STATES = ("queued", "running", "done", "failed")

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The metrics of one server, in a registry of their own.

    Labels take few values: route templates, methods, statuses, outcomes, kinds of interaction, states of jobs and
    workspaces; never anything that a client chooses.

    Args:
        house: whose services tell what they do.
    """

    def __init__(self, house: House) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("offerd_requests", "Requests answered.", "route", "method", "status")
        self._request_seconds = self._histogram(
            "offerd_request_seconds", "Seconds from a request's head to the end of its answer.", _SECONDS, "route"
        )
        self._decision_seconds = self._histogram(
            "offerd_decision_seconds", "Seconds that a decision took, committing included.", _SECONDS
        )
        self._decisions = self._counter("offerd_decisions", "Decisions: committed or dry.", "kind")
        self._propositions = self._counter(
            "offerd_propositions", "Propositions of committed decisions: given, fallback or empty.", "outcome"
        )
        self._interactions = self._counter(
            "offerd_interactions", "Interactions received: recorded, repeated or refused.", "type", "outcome"
        )
        self._deliveries = self._counter(
            "offerd_deliveries", "Attempts to deliver: delivered, failed or dead.", "fulfiller", "outcome"
        )
        self._batch = self._histogram("offerd_writer_batch", "Units of work committed in one transaction.", _UNITS)
        Info("offerd_build", "What runs.", registry=self.registry).info({"version": offerd.__version__})
        self.registry.register(_State(house))
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        house.decisioning.watch(self._decided)
        house.interactions.watch(self._recorded)
        house.deliveries.watch(self._delivered)
        house.storage.writer.watch(self._batch.observe)

    def answered(self, exchange: Exchange) -> None:
        """Counts a request."""
        route = exchange.route or "none"
        method = exchange.method if exchange.method in METHODS else "other"
        self._requests.labels(route, method, str(exchange.status)).inc()
        self._request_seconds.labels(route).observe(exchange.seconds)

    def expose(self) -> bytes:
        """Every metric in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, words, labels, buckets=buckets, registry=self.registry)

    def _decided(self, decision: Decision, seconds: float) -> None:
        self._decision_seconds.observe(seconds)
        self._decisions.labels("dry" if decision.dry_run else "committed").inc()
        if not decision.dry_run:
            for proposition in decision.propositions:
                self._propositions.labels(_outcome(proposition)).inc()

    def _recorded(self, recorded: Sequence[Recorded]) -> None:
        for each in recorded:
            kind = each.interaction.type if each.interaction.type in INTERACTIONS else "custom"
            outcome = "refused" if each.refused else "repeated" if each.repeated else "recorded"
            self._interactions.labels(kind, outcome).inc()

    def _delivered(self, fulfiller: str, outcome: str) -> None:
        self._deliveries.labels(fulfiller if fulfiller in FULFILLERS else "other", outcome).inc()


class _State(Collector):
    """What is looked at when the metrics are read, rather than counted when it happens.

    Args:
        house: the services.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> Iterator[Metric]:
        """The catalogue's revision of each workspace, the jobs in each state, and what caps refused."""
        revision = GaugeMetricFamily("offerd_catalogue_revision", "The catalogue's revision.", labels=("workspace",))
        for workspace in self._house.workspaces.list():
            revision.add_metric((workspace.id,), self._house.catalogue.catalogue(workspace.id).revision)
        yield revision
        jobs = GaugeMetricFamily("offerd_jobs", "Jobs by state.", labels=("state",))
        counted = self._house.jobs.states()
        for state in STATES:
            jobs.add_metric((state,), counted.get(state, 0))
        yield jobs
        fulfilments = GaugeMetricFamily("offerd_fulfilments", "Fulfilments by state.", labels=("state",))
        ended = self._house.fulfilments.states()
        for state in FULFILMENTS:
            fulfilments.add_metric((state,), ended.get(state, 0))
        yield fulfilments
        yield CounterMetricFamily(
            "offerd_cap_reservations_refused",
            "Reservations that a full cap refused.",
            value=self._house.ledger.refusals,
        )


def _outcome(proposition: Proposition) -> str:
    if not proposition.items:
        return "empty"
    return "fallback" if all(item.fallback for item in proposition.items) else "given"
