"""Plans: the one function that everything asks, and the operator's table."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from tombola.api import Allowed, Denied, Feature, Invalid, NotAllowed, NotFound, Phrase
from tombola.installation import Installation
from tombola.plans.models import plan, plan_feature
from tombola.plans.rules import FIRST_PLANS, Line, decide, included
from tombola.plugins import switches
from tombola.plugins.world import TeamRef
from tombola.teams.audit import audit
from tombola.teams.models import team
from tombola.teams.rules import Actor


class Plan(BaseModel):
    """A plan, in the operator's order."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    key: str
    title: str
    position: int


class Cell(BaseModel):
    """What a plan has of a feature; ``chosen`` tells the operator's decision from the default."""

    model_config = ConfigDict(frozen=True)

    enabled: bool
    quota: int | None
    chosen: bool


class FeatureRow(BaseModel):
    """A feature across all plans."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    key: str
    plugin: str
    title: str | Phrase
    counted: bool
    unit: str | Phrase
    cells: dict[str, Cell]


class PlanTable(BaseModel):
    """Everything that the operator's page shows: columns in order, rows by key."""

    model_config = ConfigDict(frozen=True)

    plans: list[Plan]
    rows: list[FeatureRow]


class PlanLine(BaseModel):
    """The operator's decision; ``enabled`` None goes back to the default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool | None
    quota: int | None = None


def ensure_first_plans(conn: Connection) -> None:
    """Insert the plans that an installation begins with, if it has none. Idempotent."""
    if conn.execute(select(func.count()).select_from(plan)).scalar_one():
        return
    insert = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    rows = [
        {"key": key, "title": title, "position": position}
        for position, (key, title) in enumerate(FIRST_PLANS)
    ]
    conn.execute(insert(plan).values(rows).on_conflict_do_nothing())


def allows(
    inst: Installation,
    team_id: int,
    feature: str,
    amount: int = 1,
    *,
    used: int = 0,
    running: bool = False,
) -> Allowed | Denied:
    """May this team use ``amount`` more of ``feature``? Pages, workers and API all ask here.

    Asks in order: is the plugin installed and switched on, does the plan include it, does any
    plugin's gate object. May call plugins, so never inside a write transaction.

    Args:
        inst: the installation.
        team_id: the team's row.
        feature: key of a feature; that of an action type or importer is one.
        amount: units wanted, for features with a quota.
        used: units in use already, counted by the caller.
        running: asked for what runs already; then a gate that fails allows, with an alert.

    Raises:
        NotFound: there is no such team.
    """
    plugin = inst.plugins.owner(feature)
    declared = inst.plugins.feature(feature)
    with inst.db.read() as conn:
        found = conn.execute(select(team.c.uid, team.c.plan).where(team.c.id == team_id)).first()
        if found is None:
            raise NotFound("There is no such team.")
        if plugin is None or not plugin.ready or declared is None:
            slug = feature.partition(".")[0]
            return Denied(Phrase("The plugin “%(slug)s” is not working.", {"slug": slug}), "switch")
        off = switches.off_reason(conn, plugin.slug, team_id)
        if off is not None:
            return Denied(off, "switch")
        titles, line = _line(conn, declared, found.plan)
    answer = decide(declared, titles.get(found.plan, found.plan), line, amount, used)
    if isinstance(answer, Denied):
        return answer
    ref = TeamRef(team_id, found.uid)
    denied = inst.plugins.ask_feature(ref, found.plan, declared.key, amount, running=running)
    return denied or answer


def need(inst: Installation, team_id: int, feature: str, amount: int = 1, *, used: int = 0) -> None:
    """Raise NotAllowed unless the team may; otherwise like ``allows``."""
    answer = allows(inst, team_id, feature, amount, used=used)
    if isinstance(answer, Denied):
        raise NotAllowed(answer)


def plans(inst: Installation) -> list[Plan]:
    """Give the plans in the operator's order."""
    with inst.db.read() as conn:
        return _plans(conn)


def table(inst: Installation, actor: Actor) -> PlanTable:
    """Give every feature of the ready plugins across all plans. Operators only."""
    actor.need_operator()
    with inst.db.read() as conn:
        listed = _plans(conn)
        chosen = {(row.plan, row.feature): row for row in conn.execute(select(plan_feature))}
    order = {each.key: each.position for each in listed}
    rows = []
    for feature in inst.plugins.features():
        cells = {}
        for each in listed:
            row = chosen.get((each.key, feature.key))
            own = Line(row.enabled, row.quota) if row is not None else None
            line = included(feature, each.key, own, order)
            cells[each.key] = Cell(enabled=line.enabled, quota=line.quota, chosen=row is not None)
        rows.append(_row(inst, feature, cells))
    return PlanTable(plans=listed, rows=rows)


def set_feature(
    inst: Installation, actor: Actor, plan_key: str, feature: str, form: PlanLine
) -> None:
    """Put a feature into a plan or take it out. Operators only; audited; idempotent.

    Raises:
        NotFound: there is no such plan or feature.
        Invalid: a quota below zero, or one for a feature that is not counted.
    """
    actor.need_operator()
    declared = inst.plugins.feature(feature)
    if declared is None:
        raise NotFound(f"No plugin offers the feature {feature!r}.")
    if form.quota is not None and (form.quota < 0 or not declared.quota):
        raise Invalid({"quota": "This feature takes no such number."})
    now = inst.clock()
    with inst.db.write() as conn:
        if plan_key not in {each.key for each in _plans(conn)}:
            raise NotFound(f"There is no plan {plan_key!r}.")
        here = (plan_feature.c.plan == plan_key, plan_feature.c.feature == declared.key)
        conn.execute(delete(plan_feature).where(*here))
        if form.enabled is not None:
            values = {"enabled": form.enabled, "quota": form.quota}
            conn.execute(
                plan_feature.insert().values(plan=plan_key, feature=declared.key, **values)
            )
        detail = {"feature": declared.key, **form.model_dump()}
        audit(conn, actor, "plan.feature_set", plan_key, detail, now)


def _plans(conn: Connection) -> list[Plan]:
    rows = conn.execute(select(plan).order_by(plan.c.position, plan.c.key))
    return [Plan.model_validate(row) for row in rows]


def _line(conn: Connection, feature: Feature, plan_key: str) -> tuple[Mapping[str, str], Line]:
    """Give the plans' titles, and what one of them has of a feature."""
    listed = _plans(conn)
    row = conn.execute(
        select(plan_feature).where(
            plan_feature.c.plan == plan_key, plan_feature.c.feature == feature.key
        )
    ).first()
    order = {each.key: each.position for each in listed}
    line = included(feature, plan_key, Line(row.enabled, row.quota) if row else None, order)
    return {each.key: each.title for each in listed}, line


def _row(inst: Installation, feature: Feature, cells: dict[str, Cell]) -> FeatureRow:
    owner = inst.plugins.owner(feature.key)
    return FeatureRow(
        key=feature.key,
        plugin=owner.slug if owner else "",
        title=feature.title,
        counted=feature.quota,
        unit=feature.unit,
        cells=cells,
    )
