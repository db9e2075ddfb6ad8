"""Links that show an activity before it is live, one for each of its experiences."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from offerd.apis.operation import Answer, Call, Operations
from offerd.apis.target import ids
from offerd.apis.target.admin.activities import VERSIONS, found
from offerd.apis.target.admin.bodies import Members
from offerd.apis.target.admin.desk import desk
from offerd.apis.target.admin.offers import ANY
from offerd.apis.target.tokens import Preview, Tokens

operations = Operations("Preview links")

_LONGEST = 4_096
_OURS = "at_preview_"


def _route(kind: str) -> None:
    @operations.add("POST", f"/activities/{kind}/{{id}}/qamode", f"targetQaMode{kind.title()}", scope="catalogue:read",
                    limit="body_limit", payload=ANY, answers={200: {}})  # fmt: skip
    async def links(call: Call) -> Answer:
        """Makes the links of an activity: a page's address, with a token and the place of an experience."""
        at = desk(call, VERSIONS, body=True)
        thing = found(at, kind)
        body = Members(call.body)
        url = body.text("url", most=_LONGEST, required=True)
        only = body.flag("currentActivityOnly")
        pretended = {
            "evaluate_as_true_audience_ids": body.wholes("audienceIdsEvaluatedAsTrue"),
            "evaluate_as_false_audience_ids": body.wholes("audienceIdsEvaluatedAsFalse"),
        }
        if url is not None and not _is_page(url):
            body.fault("url", "expected the address of a page, with http or https")
        body.check()
        asked = {"token": Tokens(at.call.house, at.workspace).preview(Preview([thing.id]))}
        if only is not False:
            asked["listed_activities_only"] = "true"
        asked |= {name: "_".join(map(str, listed)) for name, listed in pretended.items() if listed}
        made = [
            {"url": _link(url or "", {**asked, "index": f"1_{index}"}), "experienceLocalId": each.id}
            for index, each in enumerate(ids.experiences(thing), 1)
        ]
        return at.answer({"qaModeExperiences": made})


for _kind in ("ab", "xt", "autoallocate"):
    _route(_kind)


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False


def _link(url: str, asked: dict[str, Any]) -> str:
    """An address with these parameters, instead of those of an earlier link."""
    parts = urlsplit(url)
    others = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)
              if not name.startswith(_OURS)]  # fmt: skip
    query = urlencode([*others, *((f"{_OURS}{name}", value) for name, value in asked.items())])
    return urlunsplit(parts._replace(query=query))
