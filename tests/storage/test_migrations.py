"""A folder that an earlier version wrote has what the later one looks for."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from offerd.storage.protocols_fulfilment import FulfilmentQuery
from offerd.storage.protocols_learning import ENTRIES
from offerd.storage.sqlite import schema
from offerd.storage.sqlite.connections import writing_engine
from offerd.storage.sqlite.learning import SqliteTallyStore
from offerd.storage.sqlite.storage import SqliteStorage

FULFILMENT = (
    "INSERT INTO fulfilments (workspace, id, interaction, profile, state, created, deadline, document) "
    "VALUES ('default', :id, 'i', 'ann', 'in_progress', 5, NULL, :document)"
)


def at(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def test_goals_go_by_their_names(tmp_path: Path) -> None:
    key = {"w": "default", "p": "ann", "a": "act"}
    with writing_engine(tmp_path).begin() as connection:
        at(connection, "0004")
        for goal, visitors in ((-1, 7), (0, 3), (1, 2)):
            row = f"VALUES ('default', 'act', 'x', {goal}, 5, {visitors}, 0, 0, 0, '0')"
            connection.execute(text(f"INSERT INTO tallies {row}"))
        for table, document in (
            ("visitors", b'{"offer":"x","parts":{"x":{"-1":{"visits":["s"]},"0":{}}}}'),
            ("assignments", b'{"profile":"ann","activity":"act","offer":"x","seen":["x"],"goals":[0,1]}'),
        ):
            insert = f"INSERT INTO {table} (workspace, profile, activity, document) VALUES (:w, :p, :a, :d)"  # noqa: S608
            connection.execute(text(insert), {**key, "d": document})
    storage = SqliteStorage.open(tmp_path)
    try:
        found = {each.goal: each.visitors for each in storage.tallies.sums("default", "act")}
        assert found == {ENTRIES: 7, "0": 3, "1": 2}
        assert [each.reached for each in storage.profiles.state("default", "ann").assignments] == [["0", "1"]]
    finally:
        storage.close()
    with writing_engine(tmp_path).begin() as connection:
        seen = SqliteTallyStore(connection).seen(connection, "default", "act", "ann")
        assert (seen.offer, sorted(seen.parts["x"]), seen.parts["x"][ENTRIES].visits) == ("x", [ENTRIES, "0"], ["s"])


def test_fulfilments_are_found_by_what_their_documents_say(tmp_path: Path) -> None:
    with writing_engine(tmp_path).begin() as connection:
        at(connection, "0002")
        for name, document in (
            ("a", b'{"id":"a","interaction":"i","offer":"mug","kind":"webhook","proposition":"p"}'),
            ("b", b'{"id":"b","interaction":"i","offer":"mug"}'),
        ):
            connection.execute(text(FULFILMENT), {"id": name, "document": document})
    storage = SqliteStorage.open(tmp_path)
    try:

        def found(**query: str) -> list[str]:
            page = storage.fulfilments.find("default", FulfilmentQuery(now=9, **query), before=None, limit=9)  # type: ignore[arg-type]
            return [each.id for each in page]

        assert found() == found(offer="mug") == ["b", "a"]
        assert found(kind="webhook") == found(proposition="p") == ["a"]
        assert found(kind="none") == ["b"]
    finally:
        storage.close()
