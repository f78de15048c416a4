"""What a team asks before it adds a source: whether it may, whether it can, what it brings."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tombola.api import (
    Complaint,
    Denied,
    Estimate,
    FetchError,
    Importer,
    Invalid,
    Lane,
    MediaKind,
    NotAllowed,
    NotFound,
    Phrase,
    PluginFailed,
    PluginUnavailable,
    SourceConfig,
    Text,
    Window,
)
from tombola.importing import distinct, rules, samples
from tombola.importing.accounts import chosen
from tombola.importing.limits import holders_for
from tombola.importing.work import CALL, import_action
from tombola.installation import Installation
from tombola.plans.service import allows
from tombola.teams.rules import Actor, Role

#: Photos of one sample that a preview shows.
PHOTOS = 3
#: How often a source should look within the time that its network shows a post. Ours.
LOOKS_WITHIN_REACH = 4
#: The pace of a source unless the team says otherwise.
HOURLY = 3600


class SourceForm(BaseModel):
    """What a team says of a source.

    Attributes:
        config: Judged by the importer's own model, the filters among it.
        floor_at: Nothing older is imported. Without an offset it is UTC.
        cap: History stores no more items than that; a live run takes a rest at it.
        every_seconds: The pace of the live lane.
        photos_only: Takes the place of the same word in ``config`` when given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: dict[str, Any] = Field(default_factory=dict)
    floor_at: datetime | None = None
    cap: int | None = Field(default=None, ge=1, le=10_000_000)
    every_seconds: int = Field(default=HOURLY, ge=10, le=7 * 86_400)
    photos_only: bool | None = None


class Sample(BaseModel):
    """A post that a pull would bring, as far as a preview shows it.

    Attributes:
        photos: tokens for ``samples.fetch``, one a photo.
    """

    model_config = ConfigDict(frozen=True)

    who: str | None
    text: str
    occurred_at: datetime | None
    pictures: int
    photos: tuple[str, ...] = ()
    left_out: str | None


class Preview(BaseModel):
    """What a source would bring and cost. Nothing of it is stored."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    count: int | None
    exact: bool
    since: datetime
    until: datetime
    cost: dict[str, int]
    price: Text | None
    samples: list[Sample]
    notes: list[Text]


def preview(inst: Installation, actor: Actor, action_uid: str, form: SourceForm) -> Preview:
    """Ask the importer what a source would bring and cost; writes nothing.

    Raises:
        Invalid: Complaints by field, as for ``add``; what the network said stands under "".
        NotAllowed: The plan, a switch or a gate says no.
    """
    actor.need(Role.EDITOR)
    with inst.db.read() as conn:
        key = import_action(conn, actor, action_uid)["type_key"]
    importer, config = judge(inst, actor, key, form)
    now = inst.clock()
    span = rules.window(
        Lane.HISTORY,
        created_at=now,
        floor_at=form.floor_at,
        reach=importer.reach,
        last_run_at=None,
        has_history=True,
    )
    try:
        found: Estimate = inst.plugins.call(
            key,
            actor,
            "estimate",
            lambda ctx: importer.estimate(ctx, config, span),
            deadline=CALL,
            passes=(FetchError,),
        )
    except (FetchError, PluginFailed, PluginUnavailable) as error:
        raise Invalid({"": str(error)}) from error
    found = replace(found, notes=[*found.notes, *_too_slow(importer.reach, form.every_seconds)])
    return _preview(inst, actor, key, found, config, span)


def judge(
    inst: Installation, actor: Actor, key: str, form: SourceForm
) -> tuple[Importer[Any, Any], SourceConfig]:
    """Ask model, plan and plugin about a form. May call the network, so not in a transaction.

    Raises:
        NotFound: No installed plugin offers the importer.
        NotAllowed: The plan, a switch or a gate says no.
        Invalid: Complaints by field; those of the configuration under ``config.<field>``.
    """
    importer = inst.plugins.importer(key)
    if importer is None:
        raise NotFound("No installed plugin offers this kind of import.")
    values: Mapping[str, Any] = dict(form.config)
    if form.photos_only is not None:
        values = {**values, "photos_only": form.photos_only}
    try:
        config = importer.config_model.model_validate(values)
    except ValidationError as error:
        raise Invalid(
            {".".join(map(str, ("config", *each["loc"]))): each["msg"] for each in error.errors()}
        ) from error
    away = inst.plugins.why_not(key, actor)
    if away is not None:
        raise NotAllowed(Denied(away, "switch"))
    for feature in inst.plugins.features_of(key, config, actor):
        answer = allows(inst, actor.team_id, feature)
        if isinstance(answer, Denied):
            raise NotAllowed(answer)
    with inst.db.read() as conn:
        chosen(conn, inst, actor.team_id, importer, config)
    _complain(inst.plugins.complaints(key, config, actor.team_id, actor.team_uid))
    _complain(_too_many_keys(inst, actor, importer, config))
    return importer, config


def _too_many_keys(
    inst: Installation, actor: Actor, importer: Importer[Any, Any], config: SourceConfig
) -> list[Complaint]:
    """Complain about keys for which a distinct limit, such as of hashtags, has no room."""
    uses = distinct.keys_of(inst, actor, importer, config)
    if not uses:
        return []
    with inst.db.read() as conn:
        counting = holders_for(conn, importer, config, actor.team_id)
        full = distinct.free_at(conn, importer.limits, uses, counting, inst.clock())
    said = Phrase(
        "The network lets an account ask for %(amount)s different ones of these in %(days)s days, "
        "and there is no room for another before %(until)s UTC. Use one that is in use already, or "
        "wait until then."
    )
    declared = {limit.bucket: limit for limit in importer.limits}
    return [
        Complaint(
            replace(
                said,
                values={
                    "amount": str(declared[bucket].amount),
                    "days": str(declared[bucket].per.days),
                    "until": f"{until:%Y-%m-%d %H:%M}",
                },
            )
        )
        for bucket, until in sorted(full.items())
    ]


def _complain(complaints: list[Complaint]) -> None:
    if complaints:
        raise Invalid(
            {f"config.{each.field}" if each.field else "": each.text for each in complaints}
        )


def _preview(
    inst: Installation,
    actor: Actor,
    key: str,
    found: Estimate,
    config: SourceConfig,
    span: Window,
) -> Preview:
    listed = [
        Sample(
            who=each.author.handle or each.author.name if each.author else None,
            text=each.text,
            occurred_at=each.occurred_at,
            pictures=len(each.media),
            photos=tuple(
                samples.token(inst, actor.team_uid, key, one.url)
                for one in each.media[:PHOTOS]
                if one.kind is MediaKind.PHOTO and one.url
            ),
            left_out=rules.why_left_out(each, config),
        )
        for each in rules.tidied(found.samples)
    ]
    return Preview(
        count=found.count,
        exact=found.exact,
        since=span.since,
        until=span.until or inst.clock(),
        cost=dict(found.cost),
        price=_price(found),
        samples=listed,
        notes=list(found.notes),
    )


def _too_slow(reach: timedelta | None, every_seconds: int) -> list[Text]:
    """Warn of a pace at which a few failed runs lose posts that the network no longer shows."""
    every = timedelta(seconds=every_seconds)
    if reach is None or every <= reach / LOOKS_WITHIN_REACH:
        return []
    hours = timedelta(hours=1)
    return [
        Phrase(
            "This network shows posts for %(reach)s hours only, and the source would look every "
            "%(every)s hours: what it misses is lost for good. Let it look every %(wanted)s hours "
            "or more often.",
            {
                "reach": f"{reach / hours:g}",
                "every": f"{every / hours:.3g}",
                "wanted": f"{reach / LOOKS_WITHIN_REACH / hours:g}",
            },
        )
    ]


def _price(found: Estimate) -> Text | None:
    """Money as every page writes it, such as USD 1.62."""
    if found.price is None:
        return None
    said = f"{found.currency or ''} {found.price:.2f}".strip()
    return said if found.exact else Phrase("about %(price)s", {"price": said})
