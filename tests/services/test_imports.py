from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from offerd.model import json
from offerd.services.errors import NotFound, Unprocessable
from offerd.services.jobs import ATTEMPTS, JobFailed, Run
from offerd.storage.protocols_runtime import Job

if TYPE_CHECKING:
    from conftest import Shop

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """What ends everything."""


async def _pieces(text: str | bytes) -> AsyncIterator[bytes]:
    data = text if isinstance(text, bytes) else text.encode()
    for start in range(0, len(data), 7):
        yield data[start : start + 7]


async def _imported(shop: Shop, text: str | bytes, form: str = "ndjson") -> Job:
    job = await shop.house.imports.submit("default", form, _pieces(text))
    await shop.house.jobs.drain()
    return shop.house.jobs.read("default", job.id)


def _line(who: str, **members: Any) -> str:
    return json.dumps({"identities": [{"namespace": "crm", "id": who}], **members}).decode()


def _faults(shop: Shop, job: Job) -> list[tuple[int, str]]:
    return [(each.line, each.pointer) for each in shop.house.jobs.faults("default", job.id)]


async def test_ndjson_lines_become_profiles_and_each_refused_line_is_reported(shop: Shop) -> None:
    lines = [
        _line("ann", attributes={"age": 40}, memberships=[{"audience": "vip"}]),
        "",
        "{not json",
        _line("bob", attributes=3),
        '{"attributes": {}}',
        _line("ann", attributes={"city": "Rome"}),
        _line("cat", parent="nobody"),
        '["a list"]',
        _line("x", id="00000000-0000-4000-8000-000000000000"),
        '{"identities": [{"namespace": "crm"}, {"id": "x"}]}',
    ]
    job = await _imported(shop, "\n".join(lines))
    assert (job.state, job.done, job.total, job.refused) == ("done", 9, 9, 7)
    assert job.report == {"created": 1, "changed": 0, "audiencesUnknown": {"total": 1, "named": {"vip": 1}}}
    assert _faults(shop, job) == [
        (3, ""), (4, "/attributes"), (5, ""), (7, "/parent"), (8, ""), (9, "/id"),
        (10, "/identities/0/id"), (10, "/identities/1/namespace"),
    ]  # fmt: skip
    ann = shop.house.profiles.get("default", "crm:ann")
    assert (ann.attributes, [each.audience for each in ann.memberships]) == ({"age": 40, "city": "Rome"}, ["vip"])
    assert list((shop.folder / "imports").iterdir()) == []


async def test_csv_columns_say_what_a_cell_is(shop: Shop) -> None:
    text = (
        "\ufeffidentity.crm,identity.email,attributes.age,attributes.address.city,attributes.zip,memberships\r\n"
        'ann,ann@example.org,41,"Rome, Italy","""00123""",vip; regulars\r\n'
        "bob,,true,,00123,\r\n"
        "cat,too,few\r\n"
        'dan,,[1],"two\nlines",nullish,\r\n'
    )
    job = await _imported(shop, text, "csv")
    assert (job.state, job.refused, job.error) == ("done", 1, "")
    assert _faults(shop, job) == [(4, "")]
    ann = shop.house.profiles.get("default", "email:ann@example.org")
    assert ann.attributes == {"age": 41, "address": {"city": "Rome, Italy"}, "zip": "00123"}
    assert [each.audience for each in ann.memberships] == ["regulars", "vip"]
    assert shop.house.profiles.get("default", "crm:bob").attributes == {"age": True, "zip": "00123"}
    dan = shop.house.profiles.get("default", "crm:dan").attributes
    assert dan == {"age": [1], "address": {"city": "two\nlines"}, "zip": "nullish"}


@pytest.mark.parametrize("text", ["", "identity.crm,colour\nann,red\n", "id,id\n", 'identity.crm,"x"y\n'])
async def test_a_header_that_means_nothing_fails_the_import(shop: Shop, text: str) -> None:
    job = await _imported(shop, text, "csv")
    assert (job.state, job.attempts) == ("failed", 1)
    assert job.error.startswith("line 1: ")


async def test_wrong_lines_of_csv_do_not_stop_the_others(shop: Shop) -> None:
    header = b"identity.crm,attributes.a,attributes.a.b,parent\n"
    text = header + b'ann,1,2,\nbob,1,,\n\xff,1,,\n"x"y,1,,\ncat,1,,\nkid,,,nobody\n'
    job = await _imported(shop, text, "csv")
    assert [line for line, _ in _faults(shop, job)] == [2, 4, 5, 7]
    assert job.report == {"created": 2, "changed": 0}


async def test_a_known_profile_is_changed_and_its_names_are_added_to(shop: Shop) -> None:
    known = await shop.house.profiles.put("default", "crm:ann", {"attributes": {"a": 1, "b": 1}})
    other = {"identities": [{"namespace": "email", "id": "a@example.org"}, {"namespace": "crm", "id": "ann"}]}
    both = {"identities": [{"namespace": "crm", "id": "ann"}, {"namespace": "crm", "id": "bob"}]}
    lines = [_line("bob"), json.dumps({**other, "attributes": {"b": 2}}).decode(), json.dumps(both).decode(),
             json.dumps({"id": known.id, "attributes": {"c": 3}}).decode()]  # fmt: skip
    job = await _imported(shop, "\n".join(lines))
    assert (job.report, _faults(shop, job)) == ({"created": 1, "changed": 1}, [(3, "/identities")])
    made = shop.house.profiles.get("default", known.id)
    assert made.attributes == {"a": 1, "b": 2, "c": 3}
    assert [each.namespace for each in made.identities] == ["crm", "email"]


async def test_an_import_in_an_unknown_format_or_too_large_keeps_nothing(shop: Shop) -> None:
    await shop.restart(import_limit=10)
    for form, text in (("xml", "<a/>"), ("ndjson", "x" * 11)):
        with pytest.raises(Unprocessable):
            await shop.house.imports.submit("default", form, _pieces(text))
    assert shop.rows("jobs") == []
    folder = shop.folder / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


async def test_a_long_line_is_refused_and_the_next_is_read(shop: Shop) -> None:
    job = await _imported(shop, "x" * 2_200_000 + "\n" + _line("ann"))
    assert (_faults(shop, job), job.report) == ([(1, "")], {"created": 1, "changed": 0})


async def _killed_after_the_first_piece(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the job that is due while its second piece is stored."""
    commit = shop.house.jobs.commit

    async def killed(job: Job, *rest: Any) -> None:
        if job.done == 400 and job.state == "running":
            raise Killed
        await commit(job, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(shop.house.jobs, "commit", killed)
        with pytest.raises(Killed):
            await shop.house.jobs.drain()


async def test_an_import_goes_on_where_it_was_when_the_server_was_killed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.house.jobs.close()
    lines = [_line(f"p{index}", attributes={"n": index}) for index in range(500)]
    lines[450] = "wrong"
    job = await shop.house.imports.submit("default", "ndjson", _pieces("\n".join(lines)))
    await _killed_after_the_first_piece(shop, monkeypatch)
    stopped = shop.house.jobs.read("default", job.id)
    assert (stopped.state, stopped.done, len(shop.rows("profiles"))) == ("running", 200, 200)
    await shop.restart()
    await shop.house.jobs.drain()
    ended = shop.house.jobs.read("default", job.id)
    assert (ended.state, ended.done, ended.refused, ended.attempts) == ("done", 500, 1, 2)
    assert ended.report == {"created": 499, "changed": 0}
    assert {row["version"] for row in shop.rows("profiles")} == {1}


_AUDIENCES = {"vip": {"imported": True}, "old": {"imported": True, "status": "archived"}, "grown": "age > 17"}


async def test_what_nothing_here_knows_is_stored_and_counted(shop: Shop) -> None:
    await shop.house.catalogue.apply("default", {"audiences": _AUDIENCES}, author="test")
    groups = [{"audience": each} for each in ("vip", "vipp", "vipp", "old", "grown")]
    lines = [
        _line("ann", memberships=groups, atributes={"age": 1}, version=7, extensions={"own": 1}),
        _line("bob", memberships=[{"audience": "vipp"}]),
        _line("cat", memberships=[{"audience": "lost"}], attributes=3, atributes={}),
        _line("dan", memberships=[{"audience": "vip"}]),
    ]
    job = await _imported(shop, "\n".join(lines))
    assert job.report == {
        "created": 3,
        "changed": 0,
        "audiencesUnknown": {"total": 3, "named": {"grown": 1, "vipp": 2}},
        "membersUnknown": {"total": 1, "named": {"atributes": 1}},
    }
    ann = shop.house.profiles.get("default", "crm:ann")
    assert [each.audience for each in ann.memberships] == ["grown", "old", "vip", "vipp"]
    assert ann.unknown == {"atributes": {"age": 1}}


async def test_people_who_are_left_out_are_not_looked_at(shop: Shop) -> None:
    line = _line("ann", memberships=[{"audience": "vipp"}], atributes={})
    await shop.house.imports.submit("default", "ndjson", _pieces(line), create=False)
    await shop.house.jobs.drain()
    assert shop.house.jobs.list("default").jobs[0].report == {"created": 0, "changed": 0, "unknown": 1}


async def test_of_very_many_unknown_names_the_first_are_kept_and_all_are_counted(shop: Shop) -> None:
    lines = [_line(f"p{index}", memberships=[{"audience": f"a{index:03}"}]) for index in range(250)]
    lines += [_line("last", memberships=[{"audience": "a000"}], **{"x" * 5_000: 1})]
    report = (await _imported(shop, "\n".join(lines))).report
    assert report["audiencesUnknown"]["total"] == 251
    assert report["audiencesUnknown"]["named"] == {"a000": 2} | {f"a{index:03}": 1 for index in range(1, 100)}
    assert report["membersUnknown"] == {"total": 1, "named": {"x" * 100 + "…": 1}}


async def test_what_was_counted_before_the_server_was_killed_stays_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.house.jobs.close()
    lines = [_line(f"p{index}", memberships=[{"audience": "vipp"}], atributes={}) for index in range(500)]
    job = await shop.house.imports.submit("default", "ndjson", _pieces("\n".join(lines)))
    await _killed_after_the_first_piece(shop, monkeypatch)
    stopped = shop.house.jobs.read("default", job.id)
    assert stopped.report["audiencesUnknown"] == {"total": 200, "named": {"vipp": 200}}
    await shop.restart()
    await shop.house.jobs.drain()
    ended = shop.house.jobs.read("default", job.id)
    assert (ended.state, ended.attempts) == ("done", 2)
    assert ended.report["audiencesUnknown"] == {"total": 500, "named": {"vipp": 500}}
    assert ended.report["membersUnknown"] == {"total": 500, "named": {"atributes": 500}}


async def test_a_wrong_header_is_told_the_columns_that_are_allowed(shop: Shop) -> None:
    job = await _imported(shop, "email,age\na@example.org,4\n", "csv")
    assert job.error == (
        "line 1: the columns 'email', 'age' mean nothing; "
        "a header has columns of identity.NAMESPACE, attributes.NAME, memberships, parent and id"
    )


async def test_files_that_no_job_needs_are_removed_at_the_start(shop: Shop) -> None:
    await shop.house.jobs.close()
    job = await shop.house.imports.submit("default", "ndjson", _pieces(_line("ann")))
    (shop.folder / "imports" / "cut-off.ndjson").write_text("{")
    await shop.restart()
    await shop.house.jobs.drain()
    assert shop.house.jobs.read("default", job.id).state == "done"
    assert list((shop.folder / "imports").iterdir()) == []


async def test_a_file_that_is_gone_fails_the_import(shop: Shop) -> None:
    await shop.house.jobs.close()
    job = await shop.house.imports.submit("default", "ndjson", _pieces(_line("ann")))
    (shop.folder / "imports" / job.payload["file"]).unlink()
    await shop.house.jobs.drain()
    assert shop.house.jobs.read("default", job.id).error == "the file is gone"


async def test_a_job_that_stumbles_is_tried_again_later_and_later_then_failed(shop: Shop) -> None:
    jobs, begun = shop.house.jobs, []

    async def stumble(run: Run) -> None:
        begun.append(shop.clock.now())
        raise OSError("no luck")

    jobs.register("stumble", stumble)
    job = await jobs.submit("default", "stumble", {})
    await jobs.drain()
    await jobs.drain()
    assert (jobs.read("default", job.id).state, len(begun)) == ("queued", 1)
    for seconds in (1, 4, 16, 64):
        shop.clock.advance(seconds=seconds)
        jobs.wake()
        await jobs.drain()
    ended = jobs.read("default", job.id)
    assert (ended.state, ended.attempts, len(begun), ended.error) == ("failed", ATTEMPTS, ATTEMPTS, "OSError: no luck")


async def test_a_job_runs_not_before_its_time_and_by_itself(shop: Shop) -> None:
    jobs, done = shop.house.jobs, asyncio.Event()

    async def work(run: Run) -> None:
        await run.advance(done=1, total=1, report={"ok": True})
        done.set()

    jobs.register("work", work)
    job = await jobs.submit("default", "work", {"a": 1}, run_after=shop.clock.now() + 1_000_000)
    await jobs.drain()
    assert jobs.read("default", job.id).state == "queued"
    shop.clock.advance(seconds=1)
    jobs.wake()
    await asyncio.wait_for(done.wait(), 30)
    await jobs.drain()
    assert jobs.read("default", job.id).report == {"ok": True}


async def test_closing_ends_a_job_that_lost_the_first_cancellation(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offerd.services.jobs._AGAIN", 0.01)
    begun, lost = asyncio.Event(), []

    async def stubborn(run: Run) -> None:
        begun.set()
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost.append(run.job.id)
        await asyncio.Event().wait()

    shop.house.jobs.register("stubborn", stubborn)
    job = await shop.house.jobs.submit("default", "stubborn", {})
    await begun.wait()
    await shop.house.jobs.close()
    assert lost == [job.id, job.id]
    assert shop.house.jobs.read("default", job.id).state == "running"


async def test_a_job_that_says_so_fails_at_once(shop: Shop) -> None:
    async def hopeless(run: Run) -> None:
        raise JobFailed("hopeless")

    shop.house.jobs.register("hopeless", hopeless)
    job = await shop.house.jobs.submit("default", "hopeless", {})
    await shop.restart()
    await shop.house.jobs.drain()
    assert shop.house.jobs.read("default", job.id).error in {"hopeless", "nothing does jobs of the kind hopeless"}
    with pytest.raises(KeyError):
        await shop.house.jobs.submit("default", "unknown", {})


async def test_jobs_are_listed_and_are_their_workspaces_own(shop: Shop) -> None:
    made = []
    for index in range(3):
        made.append((await _imported(shop, _line(f"p{index}"))).id)
        shop.clock.advance(seconds=1)
    jobs = shop.house.jobs
    page = jobs.list("default", limit=2)
    rest = jobs.list("default", limit=2, cursor=page.cursor)
    assert [each.id for each in (*page.jobs, *rest.jobs)] == made[::-1]
    assert jobs.list("default", kind="other").jobs == jobs.list("default", state="failed").jobs == []
    assert jobs.list("other").jobs == []
    with pytest.raises(NotFound):
        jobs.read("other", made[0])


async def test_of_very_many_refused_lines_the_first_are_kept_and_all_are_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offerd.services.runs.KEPT_FAULTS", 3)
    job = await _imported(shop, "wrong\n" * 450)
    assert (job.refused, [line for line, _ in _faults(shop, job)]) == (450, [1, 2, 3])
