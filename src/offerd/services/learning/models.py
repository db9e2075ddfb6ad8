"""Learned models: what rankings know, computed anew from what was counted, and given to decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import structlog

from offerd import engine
from offerd.engine.situation import ModelState
from offerd.services.catalogue.service import CatalogueService
from offerd.services.clock import Clock
from offerd.services.errors import NotFound
from offerd.services.learning.splits import splits
from offerd.services.workspaces import WorkspaceService
from offerd.storage.protocols import Writer
from offerd.storage.protocols_learning import ENTRIES, Learned, ModelStore, TallyStore

__all__ = ["EVERY", "Consulted", "Learned", "ModelService"]

_LOG = structlog.get_logger("offerd.learning")

#: Seconds between two computations: a split follows what was counted at least so often.
EVERY = 1_800

#: What is split between, by the id of an activity and the name of the goal that its traffic is allocated by.
_Lessons = dict[tuple[str, str], list[str]]


class Consulted(Mapping[str, ModelState]):
    """Learned models as a decision is given them; those that it looked at are what it is made with.

    Iterating gives only these, so that a decision keeps, and tells of, no others.

    Args:
        states: all of a workspace.
    """

    def __init__(self, states: Mapping[str, ModelState]) -> None:
        self._states = states
        self._used: dict[str, ModelState] = {}

    def __getitem__(self, model: str) -> ModelState:
        state = self._used[model] = self._states[model]
        return state

    def __iter__(self) -> Iterator[str]:
        return iter(self._used)

    def __len__(self) -> int:
        return len(self._used)


class ModelService:
    """The models that activities split their traffic by.

    An activity whose traffic goes by a model, and which has a goal, teaches that model: the shares follow from how many
    of those who were given each experience reached the first goal. Several activities that split between the same
    offers may teach one model together.

    Args:
        models: where states are kept.
        tallies: what was counted.
        writer: what commits.
        clock: tells the time.
        catalogue: the activities.
        workspaces: all of them.
    """

    def __init__(
        self,
        models: ModelStore,
        tallies: TallyStore,
        writer: Writer,
        clock: Clock,
        *,
        catalogue: CatalogueService,
        workspaces: WorkspaceService,
    ) -> None:
        self._models = models
        self._tallies = tallies
        self._writer = writer
        self._clock = clock
        self._catalogue = catalogue
        self._workspaces = workspaces
        self._learned: dict[str, dict[str, Learned]] = {}
        self._states: dict[str, dict[str, ModelState]] = {}

    def start(self) -> None:
        """Reads what was learned before."""
        for (workspace, _), learned in self._models.latest().items():
            self._take(workspace, learned)

    def states(self, workspace: str) -> Mapping[str, ModelState]:
        """What every model of a workspace knows, for one decision."""
        known = self._states.get(workspace)
        return Consulted(known) if known else {}

    def read(self, workspace: str, model: str) -> Learned:
        """What a model knows.

        Raises:
            NotFound: nothing was learned under this id.
        """
        found = self._learned.get(workspace, {}).get(model)
        if found is None:
            raise NotFound("models", model)
        return found

    async def learn(self) -> None:
        """Computes every model anew from what was counted, and keeps those that changed."""
        for workspace in self._workspaces.list():
            for model, lessons in self._lessons(workspace.id).items():
                await self._teach(workspace.id, model, lessons)

    def _lessons(self, workspace: str) -> dict[str, _Lessons]:
        """What is split between by each model of a workspace; the goal is each activity's first."""
        found: dict[str, _Lessons] = {}
        snapshot, now = self._catalogue.snapshot(workspace), self._clock.now()
        for activity in snapshot.activities.values():
            if activity.live and activity.goals:
                for model, offers in splits(snapshot, activity, now):
                    if model is not None and offers:
                        lesson = (activity.id, activity.goals[0].name)
                        found.setdefault(model, {}).setdefault(lesson, []).extend(offers)
        return found

    def _tried(self, workspace: str, lessons: _Lessons) -> dict[str, engine.Tried]:
        """What came of each experience, in all activities that have it."""
        made: dict[str, engine.Tried] = {}
        for (activity, goal), offers in lessons.items():
            counted = {(each.offer, each.goal): each.visitors for each in self._tallies.sums(workspace, activity)}
            for offer in dict.fromkeys(offers):
                before = made.get(offer, engine.Tried(0, 0))
                visitors = counted.get((offer, ENTRIES), 0)
                # Somebody may do what it is for without having seen it: that teaches nothing of who saw it.
                conversions = min(visitors, counted.get((offer, goal), 0))
                made[offer] = engine.Tried(before.visitors + visitors, before.conversions + conversions)
        return made

    async def _teach(self, workspace: str, model: str, lessons: _Lessons) -> None:
        tried = self._tried(workspace, lessons)
        activities = [activity for activity, _ in lessons]
        made = engine.allocate(tried)
        before = self._learned.get(workspace, {}).get(model)
        same = before is not None and (before.scores, before.phase) == (made.shares, made.phase)
        learned = Learned(
            model=model,
            version=(0 if before is None else before.version) + (not same),
            at=self._clock.now(),
            scores=made.shares,
            phase=made.phase,
            facts={
                **({"activity": activities[0]} if len(activities) == 1 else {"activities": activities}),
                "best": made.best,
                "confidence": made.confidence,
                "experiences": {
                    offer: {
                        "visitors": each.visitors,
                        "conversions": each.conversions,
                        **(dict(zip(("rate", "low", "high"), made.bounds[offer], strict=True)) if made.bounds else {}),
                    }
                    for offer, each in tried.items()
                },
            },
        )
        if before is not None and before.facts == learned.facts and same:
            return
        await self._writer.submit(lambda transaction: self._models.put(transaction, workspace, learned))
        self._take(workspace, learned)
        if same:
            return
        _LOG.info("learned", workspace=workspace, model=model, version=learned.version, phase=learned.phase)

    def _take(self, workspace: str, learned: Learned) -> None:
        self._learned.setdefault(workspace, {})[learned.model] = learned
        state = ModelState(version=learned.version, scores=learned.scores)
        self._states.setdefault(workspace, {})[learned.model] = state
