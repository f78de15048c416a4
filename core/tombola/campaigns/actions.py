"""Actions of a campaign: what the plugin allows, what the plan allows, and their order."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Connection, func, select

from tombola.api import Complaint, Config, Denied, Invalid, NotAllowed, NotFound, Proof
from tombola.campaigns import alternatives
from tombola.campaigns.models import action, action_signal
from tombola.campaigns.rules import ActionForm, reordered
from tombola.campaigns.service import Action, actions_of, by_id, of_team
from tombola.db import new_uid
from tombola.db.rows import first, insert_one
from tombola.db.sets import insert_ignore
from tombola.installation import Installation
from tombola.plans.service import allows
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role


class Offer(BaseModel):
    """A kind of action that a team could add.

    Attributes:
        key: The action type's or importer's key.
        title: In words.
        imports: Whether its entries come from sources.
        denied: Why the team may not add it; None when it may.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    imports: bool
    denied: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A form whose configuration its plugin has accepted."""

    form: ActionForm
    config: dict[str, Any]
    config_version: int
    signals: tuple[str, ...]
    proof: Proof = Proof.BROWSER
    redact: bool = False


def offers(inst: Installation, actor: Actor) -> list[Offer]:
    """Every kind of action of the installed plugins, by title, those denied with the reason."""
    kinds = [
        *((kind.key, str(kind.title), False) for kind in inst.plugins.action_types()),
        *((kind.key, str(kind.title), True) for kind in inst.plugins.importers()),
    ]
    found = []
    for key, title, imports in kinds:
        answer = allows(inst, actor.team_id, key)
        denied = str(answer.reason) if isinstance(answer, Denied) else None
        found.append(Offer(key=key, title=title, imports=imports, denied=denied))
    return sorted(found, key=lambda offer: (offer.denied is not None, offer.title))


def judge(inst: Installation, actor: Actor, form: ActionForm) -> Judged:
    """Ask the plugin whether it can work with this form, and the plan whether the team may.

    May call the network, so it comes before the write transaction.

    Raises:
        NotFound: No installed plugin knows the type.
        NotAllowed: The plan, a switch or a gate says no.
        Invalid: Complaints by field; those of the configuration under ``config.<field>``.
    """
    actor.need(Role.EDITOR)
    kind = inst.plugins.action_type(form.type_key)
    if kind is None:
        return _judge_import(inst, actor, form)
    config = _validated(kind.config_model, form.config)
    plugins = inst.plugins
    away = plugins.why_not(form.type_key, actor)
    if away is not None:
        raise NotAllowed(Denied(away, "switch"))
    for feature in plugins.features_of(form.type_key, config, actor):
        _need(inst, actor, feature)
    _complain(plugins.complaints(form.type_key, config, actor.team_id, actor.team_uid))
    names = plugins.signal_names(form.type_key, config, actor)
    proof, redact = plugins.signal_proof(form.type_key, config, actor)
    stored = plugins.config_doc(form.type_key, config, actor.team_id)
    signals = tuple(dict.fromkeys(names))
    return Judged(form, stored, kind.config_version, signals, proof, redact)


def add(inst: Installation, actor: Actor, campaign_uid: str, form: ActionForm) -> Action:
    """Add an action at the end of a campaign. Errors as of ``judge``."""
    judged = judge(inst, actor, form)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        judged = replace(judged, form=alternatives.settled(conn, found, form, None))
        last = conn.execute(
            select(func.max(action.c.position)).where(action.c.campaign_id == found.id)
        ).scalar()
        uid = new_uid(now)
        insert_one(
            conn, action, uid=uid, team_id=actor.team_id, campaign_id=found.id,
            type_key=form.type_key, position=(last or 0) + 1, created_at=now, **_values(judged),
        )  # fmt: skip
        added = of_campaign(conn, found.id, uid)
        _compile_signals(conn, added, judged)
        audit(conn, actor, "action.added", uid, {"type": form.type_key, "title": form.title}, now)
        return added


def save(conn: Connection, actor: Actor, before: Action, judged: Judged, now: datetime) -> Action:
    """Write a changed action; its type stays what it was."""
    if judged.form.type_key != before.type_key:
        raise Invalid({"type_key": "An action keeps its type; add another action instead."})
    form = alternatives.settled(conn, by_id(conn, before.campaign_id), judged.form, before.uid)
    judged = replace(judged, form=form)
    alternatives.follow(conn, before.campaign_id, before.uid, _values(judged))
    mine = (action.c.id == before.id, action.c.team_id == actor.team_id)
    conn.execute(action.update().where(*mine).values(**_values(judged)))
    after = of_campaign(conn, before.campaign_id, before.uid)
    _compile_signals(conn, after, judged)
    audit(conn, actor, "action.changed", before.uid, {"title": after.title}, now)
    return after


def shift(inst: Installation, actor: Actor, campaign_uid: str, uid: str, step: int) -> None:
    """Move an action one place up (-1) or down (1)."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        moved = of_campaign(conn, found.id, uid)
        ids = [each.id for each in actions_of(conn, found.id)]
        for position, number in enumerate(reordered(ids, moved.id, step), 1):
            conn.execute(action.update().where(action.c.id == number).values(position=position))
        audit(conn, actor, "action.moved", uid, {"step": step}, now)


def remove(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> None:
    """Take an action out of a campaign; its entries stay as they are."""
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        gone = of_campaign(conn, found.id, uid)
        conn.execute(action.update().where(action.c.id == gone.id).values(removed_at=now))
        conn.execute(action_signal.delete().where(action_signal.c.action_id == gone.id))
        audit(conn, actor, "action.removed", uid, {"title": gone.title}, now)


class Gone(BaseModel):
    """A removed action, as the list of them shows it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    uid: str
    title: str
    removed_at: datetime


def removed(conn: Connection, campaign_id: int) -> list[Gone]:
    """The removed actions of a campaign, the last one first."""
    mine = (action.c.campaign_id == campaign_id, action.c.removed_at.is_not(None))
    rows = conn.execute(
        select(action.c.uid, action.c.title, action.c.removed_at)
        .where(*mine)
        .order_by(action.c.removed_at.desc(), action.c.id.desc())
    )
    return [Gone.model_validate(row) for row in rows]


def restore(inst: Installation, actor: Actor, campaign_uid: str, uid: str) -> Action:
    """Bring a removed action back to the end of its campaign, as it was.

    Raises:
        NotFound: There is no such removed action, or no plugin knows it any more.
        NotAllowed: The plan, a switch or a gate says no.
        Invalid: Its plugin cannot work with what it was set to.
    """
    actor.need(Role.EDITOR)
    now = inst.clock()
    with inst.db.read() as conn:
        found = of_team(conn, actor, campaign_uid)
        back = _removed_one(conn, found.id, uid)
    judged = judge(inst, actor, _form_of(inst, actor, back))
    with inst.db.write() as conn:
        back = _removed_one(conn, found.id, uid)
        last = conn.execute(
            select(func.max(action.c.position)).where(action.c.campaign_id == found.id)
        ).scalar()
        values = {"removed_at": None, "position": (last or 0) + 1}
        conn.execute(action.update().where(action.c.id == back.id).values(**values))
        _compile_signals(conn, back, judged)
        audit(conn, actor, "action.restored", uid, {"title": back.title}, now)
        return of_campaign(conn, found.id, uid)


def _form_of(inst: Installation, actor: Actor, of: Action) -> ActionForm:
    """What an action was set to, as its plugin of today reads it."""
    config: dict[str, Any] = {}
    if inst.plugins.action_type(of.type_key) is not None:
        read = inst.plugins.config_of(of.type_key, of.config, of.config_version, actor)
        config = read.model_dump()
    same = of.model_dump(include=set(ActionForm.model_fields) - {"config"})
    return ActionForm.model_validate({**same, "config": config})


def _removed_one(conn: Connection, campaign_id: int, uid: str) -> Action:
    mine = (action.c.campaign_id == campaign_id, action.c.uid == uid)
    row = first(conn, select(action).where(*mine, action.c.removed_at.is_not(None)))
    if row is None:
        raise NotFound("There is no such removed action.")
    return Action.model_validate(row)


def of_campaign(conn: Connection, campaign_id: int, uid: str) -> Action:
    """One action of a campaign. Raises NotFound."""
    row = first(
        conn,
        select(action).where(
            action.c.campaign_id == campaign_id,
            action.c.uid == uid,
            action.c.removed_at.is_(None),
        ),
    )
    if row is None:
        raise NotFound("There is no such action.")
    return Action.model_validate(row)


def same_signals(conn: Connection, campaign_id: int) -> dict[str, list[str]]:
    """Tracking names that unlock more than one action, with the titles: a warning, no error."""
    rows = conn.execute(
        select(action_signal.c.name, action.c.title)
        .join(action, action.c.id == action_signal.c.action_id)
        .where(action_signal.c.campaign_id == campaign_id)
        .order_by(action_signal.c.name, action.c.position)
    )
    found: dict[str, list[str]] = {}
    for name, title in rows:
        found.setdefault(name, []).append(title)
    return {name: titles for name, titles in found.items() if len(titles) > 1}


def _judge_import(inst: Installation, actor: Actor, form: ActionForm) -> Judged:
    if inst.plugins.importer(form.type_key) is None:
        raise NotFound("No installed plugin knows this kind of action.")
    _need(inst, actor, form.type_key)
    if form.config:
        raise Invalid({"config": "What an import reads is said on each of its sources."})
    return Judged(form, {}, 1, ())


def _need(inst: Installation, actor: Actor, feature: str) -> None:
    answer = allows(inst, actor.team_id, feature)
    if isinstance(answer, Denied):
        raise NotAllowed(answer)


def _validated(model: type[Config], raw: dict[str, Any]) -> Config:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(
            {".".join(map(str, ("config", *each["loc"]))): each["msg"] for each in error.errors()}
        ) from error


def _complain(complaints: list[Complaint]) -> None:
    if complaints:
        raise Invalid(
            {f"config.{each.field}" if each.field else "config": each.text for each in complaints}
        )


def _values(judged: Judged) -> dict[str, Any]:
    form = judged.form
    return {
        "title": form.title,
        "description": form.description,
        "config": judged.config,
        "config_version": judged.config_version,
        "interval": form.interval.value,
        "worth": form.worth,
        "mandatory": form.mandatory,
        "replaces": form.replaces,
        "countries": list(form.countries),
    }


def _compile_signals(conn: Connection, of: Action, judged: Judged) -> None:
    conn.execute(action_signal.delete().where(action_signal.c.action_id == of.id))
    rows = [
        (of.team_id, of.campaign_id, name, of.id, judged.proof.value, judged.redact)
        for name in sorted(judged.signals)
    ]
    columns = ("team_id", "campaign_id", "name", "action_id", "proof", "redact")
    insert_ignore(conn, action_signal, columns, rows)
