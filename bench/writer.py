"""Group commit against one commit each.

The storage's writer commits what waits together, WAL with synchronous FULL, so that every answer is on disk. The same
small writes are sent by 1 and by 256 senders, and through a writer whose transactions take one unit only. The ratio of
the two lines with 256 senders is what grouping is worth on this disk.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from offerd.storage.sqlite.connections import writing_engine
from offerd.storage.sqlite.writer import GroupWriter

INSERT = text("INSERT INTO notes (body) VALUES (:body)")


async def rate(writer: GroupWriter, senders: int, each: int) -> float:
    """Acknowledged writes a second."""

    async def send() -> None:
        for _ in range(each):
            await writer.submit(lambda connection: connection.execute(INSERT, {"body": "x" * 200}) and None)

    start = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(senders)))
    return senders * each / (time.perf_counter() - start)


def main() -> None:
    """Prints a line for each way, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        engine = writing_engine(Path(folder))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE notes (n INTEGER PRIMARY KEY, body TEXT)"))
        rates = {}
        for name, batch, senders, each in (
            ("1 sender, 256 a commit", 256, 1, 300),
            ("256 senders, 1 a commit", 1, 256, 4),
            ("256 senders, 256 a commit", 256, 256, 60),
        ):
            writer = GroupWriter(engine, batch=batch)
            rates[name] = asyncio.run(rate(writer, senders, each))
            writer.close()
            print(f"{name:28}{rates[name]:10,.0f} writes/s")
    alone, grouped = rates["256 senders, 1 a commit"], rates["256 senders, 256 a commit"]
    print(f"{'grouped / one each':28}{grouped / alone:10.1f} times")


main()
