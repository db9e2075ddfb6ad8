"""A data folder that is open: its lock, its writer, its reader and its stores."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from offerd.storage.sqlite.answers import SqliteIdempotencyStore
from offerd.storage.sqlite.catalogue import SqliteCatalogueStore
from offerd.storage.sqlite.connections import reading_engine, writing_engine
from offerd.storage.sqlite.counts import SqliteCountStore
from offerd.storage.sqlite.decisions import SqliteDecisionStore
from offerd.storage.sqlite.fulfilments import SqliteDeliveryStore, SqliteFulfilmentStore
from offerd.storage.sqlite.interactions import SqliteInteractionStore
from offerd.storage.sqlite.jobs import SqliteJobStore
from offerd.storage.sqlite.learning import SqliteModelStore, SqliteTallyStore
from offerd.storage.sqlite.lock import FolderLock
from offerd.storage.sqlite.profiles import SqliteProfileStore
from offerd.storage.sqlite.schema import migrate
from offerd.storage.sqlite.tokens import SqliteTokenStore
from offerd.storage.sqlite.trial import TOUCH, Trial
from offerd.storage.sqlite.workspaces import SqliteWorkspaceStore
from offerd.storage.sqlite.writer import GroupWriter


class SqliteStorage:
    """All state of one data folder. The stores read on the thread that opened it, through one connection.

    Args:
        lock: of the folder, taken.
        folder: the data folder, its tables up to date.
        batch: how many units of work one transaction takes at most.

    Attributes:
        writer: what writes.
        trial: whether what is written is kept.
        reader: the connection that the stores read through.
        workspaces: the workspaces.
        tokens: the tokens.
        catalogue: the catalogues.
        profiles: people.
        decisions: what was answered.
        interactions: what people did.
        fulfilments: what accepts set going.
        deliveries: what fulfilments send.
        counts: the cap ledger's counts.
        answers: answers that are kept for their idempotency keys.
        jobs: work in the background.
        tallies: what is counted of activities.
        models: what is learned.
    """

    def __init__(self, lock: FolderLock, folder: Path, *, batch: int) -> None:
        self._lock = lock
        self.folder = folder
        self.writer = GroupWriter(writing_engine(folder), batch=batch)
        self.trial = Trial(self.writer, folder)
        self.reader = reading_engine(folder).connect()
        self.workspaces = SqliteWorkspaceStore(self.reader)
        self.tokens = SqliteTokenStore(self.reader)
        self.catalogue = SqliteCatalogueStore(self.reader)
        self.profiles = SqliteProfileStore(self.reader)
        self.decisions = SqliteDecisionStore(self.reader)
        self.interactions = SqliteInteractionStore(self.reader)
        self.fulfilments = SqliteFulfilmentStore(self.reader)
        self.deliveries = SqliteDeliveryStore(self.reader)
        self.counts = SqliteCountStore(self.reader)
        self.answers = SqliteIdempotencyStore(self.reader)
        self.jobs = SqliteJobStore(self.reader)
        self.tallies = SqliteTallyStore(self.reader)
        self.models = SqliteModelStore(self.reader)

    @classmethod
    def open(cls, folder: Path, *, batch: int = 256) -> Self:
        """Opens a data folder, which is made where there is none, for its owner alone.

        Raises:
            Held: another process has it open.
            NewerSchema: a newer version wrote it.
            DBAPIError: it cannot be read or written.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FolderLock(folder)
        try:
            with writing_engine(folder).begin() as connection:
                migrate(connection)
                connection.execute(TOUCH)
            return cls(lock, folder, batch=batch)
        except BaseException:
            lock.close()
            raise

    def close(self) -> None:
        """Commits what waits and lets the folder go."""
        self.writer.close()
        self.reader.close()
        self._lock.close()
