"""The outbox: what an accept sets going, stored with it, and put on the queue in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

from offerd.services.fulfilment.starter import Started
from offerd.services.jobs import JobService
from offerd.storage.protocols import Transaction
from offerd.storage.protocols_fulfilment import Delivery, DeliveryStore, FulfilmentStore

#: The kind of the jobs that deliver.
KIND = "delivery"


class Outbox:
    """Stores what accepts set going.

    Args:
        fulfilments: where its state is kept.
        deliveries: where what it sends is kept.
        jobs: the queue.
    """

    def __init__(self, fulfilments: FulfilmentStore, deliveries: DeliveryStore, jobs: JobService) -> None:
        self._fulfilments = fulfilments
        self._deliveries = deliveries
        self._jobs = jobs

    def write(self, transaction: Transaction, workspace: str, started: Started) -> None:
        """Stores a fulfilment and what it sends, with the job that sends it; on the writer's thread."""
        self._fulfilments.add(transaction, workspace, started.fulfilment)
        if started.delivery is not None:
            self._deliveries.add(transaction, started.delivery)
            if started.delivery.state == "waiting":
                self.queue(transaction, started.delivery)

    def queue(self, transaction: Transaction, delivery: Delivery) -> None:
        """Puts a delivery on the queue; on the writer's thread."""
        payload = {"delivery": delivery.id}
        self._jobs.put(transaction, delivery.workspace, KIND, payload, run_after=delivery.due or 0)

    def wake(self, started: Iterable[Started]) -> None:
        """Has the queue look at what was just committed."""
        if any(each.delivery is not None for each in started):
            self._jobs.wake(KIND)
