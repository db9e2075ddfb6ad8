from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from offerd.storage.sqlite.lock import FolderLock, Held

HOLD = """
import sys
from pathlib import Path
from offerd.storage.sqlite.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_told_who_has_the_folder(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(Held) as refused:
        FolderLock(tmp_path)
    lock.close()
    assert refused.value.pid == os.getpid()
    assert refused.value.folder == tmp_path
    assert str(os.getpid()) in str(refused.value)


def test_a_folder_that_was_let_go_can_be_held_again(tmp_path: Path) -> None:
    FolderLock(tmp_path).close()
    lock = FolderLock(tmp_path)
    lock.close()
    lock.close()


def test_a_folder_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Held) as refused:
            FolderLock(tmp_path)
        holder.kill()
        holder.wait()
    assert refused.value.pid == holder.pid
    FolderLock(tmp_path).close()


def test_a_folder_that_cannot_be_written_is_not_called_held(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        FolderLock(tmp_path / "missing")
