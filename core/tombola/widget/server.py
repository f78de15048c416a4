"""POST /api/v1/campaigns/<key>/events: what a site's backend reports. Pure over plain data.

A request is done once, whatever becomes of its answer: under an ``Idempotency-Key``, or since each
of its events has an id. What a page's script reports of the same event is the same event.
"""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Self
from unicodedata import normalize

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tombola.api import Invalid, NotFound
from tombola.installation import Installation
from tombola.teams.tokens import Known
from tombola.web.strict_json import once_each
from tombola.widget.directory import Directory, Place
from tombola.widget.idempotency import USED_OTHERWISE, checked
from tombola.widget.parts import TOKEN_GRACE, Posted, Told
from tombola.widget.rules import (
    LONGEST_BODY,
    LONGEST_NAME,
    LONGEST_REF,
    LONGEST_VALUE,
    Pushed,
    cleaned,
)
from tombola.widget.tokens import linked_visitor
from tombola.widget.tracking import Tracker

MOST_EVENTS = 100
#: How long ago an event may have happened, and how far a backend's clock may be ahead of ours.
OLDEST = timedelta(days=30)
AHEAD = timedelta(minutes=5)

NEITHER = "Say whose event it is: give visitor (Tombola.data().visitor) or xref."


class Reported(BaseModel):
    """One event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    value: str | None = None
    visitor: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{8,100}$")] | None = None
    xref: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    event_id: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_REF)] | None = None
    occurred_at: Annotated[AwareDatetime, Field(strict=False)] | None = None

    @field_validator("value")
    @classmethod
    def _short(cls, value: str | None) -> str | None:
        if value is not None and len(value.encode("utf-8", "replace")) > LONGEST_VALUE:
            raise PydanticCustomError("too_long", "A value has at most 10,240 bytes.")
        return value

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.visitor is None) == (self.xref is None):
            raise PydanticCustomError("whose", NEITHER)
        return self


class Report(BaseModel):
    """A request's body."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    events: Annotated[list[Reported], Field(min_length=1, max_length=MOST_EVENTS)]


def take(
    inst: Installation,
    directory: Directory,
    tracker: Tracker,
    token: Known,
    key: str,
    body: bytes,
    idempotency_key: str | None,
) -> list[dict[str, str]]:
    """Store what a backend reports, and say after the commit what became of each event.

    Args:
        inst: The installation.
        directory: Of this process.
        tracker: Its writer commits these together with what pages push.
        token: The program's.
        key: The campaign's.
        body: At most 64 kB.
        idempotency_key: Under which the same request again is answered alike for 30 days.

    Returns:
        One a reported event, in order: ``name``, ``event_id`` if it was given, ``result`` (``new``,
        ``known`` or ``unmatched``: no action has that name) and ``person`` (``known``, or
        ``waiting`` until the visitor takes part).

    Raises:
        NotFound: The token's team has no such campaign.
        Invalid: Complaints by field, such as ``events.3.name``.
        Busy: Too much at once.
    """
    place = directory.get(key)
    if place is None or place.campaign.team_id != token.actor.team_id:
        raise NotFound("There is no such campaign for this token.")
    checked(idempotency_key)
    report = read(body)
    if idempotency_key is None and any(each.event_id is None for each in report.events):
        raise Invalid(
            {
                "Idempotency-Key": "Send this header, or give every event an event_id, so that a "
                "repeat of this request is not counted twice."
            }
        )
    now = inst.clock()
    posted = Posted(
        place=place,
        token_id=token.id,
        key=idempotency_key,
        body_hash=sha256(key.encode() + b"\n" + body).hexdigest(),
        events=_told(inst, place, report, now),
        at=now,
    )
    tracker.writer.write(posted)
    if posted.answer is None:
        raise Invalid({"Idempotency-Key": USED_OTHERWISE})
    return posted.answer


def read(body: bytes) -> Report:
    """Read a body. Raises Invalid with the field and the remedy."""
    if len(body) > LONGEST_BODY:
        raise Invalid({"": "A request has at most 64 kB. Send the events in several."})
    try:
        sent = json.loads(body, object_pairs_hook=once_each)
        return Report.model_validate(sent)
    except ValidationError as wrong:
        raise Invalid(
            {".".join(map(str, each["loc"])): _remedy(each) for each in wrong.errors()}
        ) from wrong
    except (ValueError, RecursionError) as wrong:
        raise Invalid({"": 'The body is no JSON object such as {"events": […]}.'}) from wrong


def _told(inst: Installation, place: Place, report: Report, now: datetime) -> tuple[Told, ...]:
    told, errors = [], {}
    for number, each in enumerate(report.events):
        at = now if each.occurred_at is None else each.occurred_at.astimezone(UTC)
        if not now - OLDEST <= at <= now + AHEAD:
            errors[f"events.{number}.occurred_at"] = (
                "It lies more than 30 days back, or in the future. Check the clock and the zone."
            )
        widget_id = None
        if each.xref is not None:
            widget_id = linked_visitor(
                inst.vault, each.xref, place.campaign.key, now, grace=TOKEN_GRACE
            )
            if widget_id is None:
                errors[f"events.{number}.xref"] = (
                    "This token is not of this campaign, or older than 30 days. Give the text of "
                    "?xref= as it stood in the landing address."
                )
        pushed = Pushed(
            name=normalize("NFC", cleaned(each.name)),
            value=None if each.value is None else cleaned(each.value),
            ref=None if each.event_id is None else cleaned(each.event_id),
        )
        told.append(Told(pushed, each.visitor, widget_id, at))
    if errors:
        raise Invalid(errors)
    return tuple(told)


def _remedy(error: Any) -> str:
    """The complaint, with what may stand there where that is not plain."""
    if error["type"] == "extra_forbidden":
        known = ", ".join(Reported.model_fields if len(error["loc"]) > 1 else Report.model_fields)
        return f"There is no such field. Known ones: {known}."
    return str(error["msg"])
