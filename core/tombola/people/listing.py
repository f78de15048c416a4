"""The team's entrants page by page, in the order of their coming."""

from sqlalchemy import select

from tombola.api import NotFound
from tombola.campaigns.service import by_key
from tombola.entrants.models import entrant, identity
from tombola.entrants.service import Entrant
from tombola.entries.models import participation
from tombola.installation import Installation
from tombola.teams.rules import Actor, Role


def page(
    inst: Installation,
    actor: Actor,
    *,
    key: str = "",
    kind: str = "",
    value: str = "",
    after: int = 0,
    size: int,
) -> list[Entrant]:
    """Entrants behind a row, oldest first.

    Args:
        inst: The installation.
        actor: A viewer or more.
        key: Of a campaign: those alone who have taken part in it.
        kind: Of an identity, with its ``value``: whoever is known by it.
        value: As it is kept: an address in small letters, a network's id.
        after: Row behind which to go on.
        size: At most so many.

    Raises:
        NotFound: The team has no such campaign.
    """
    actor.need(Role.VIEWER)
    query = select(entrant).where(entrant.c.team_id == actor.team_id, entrant.c.id > after)
    if kind:
        known = select(identity.c.entrant_id).where(
            identity.c.team_id == actor.team_id,
            identity.c.kind == kind,
            identity.c.value == value,
        )
        query = query.where(entrant.c.id.in_(known))
    with inst.db.read() as conn:
        if key:
            of = by_key(conn, key)
            if of.team_id != actor.team_id:
                raise NotFound("There is no such campaign.")
            query = query.join(participation, participation.c.entrant_id == entrant.c.id).where(
                participation.c.team_id == actor.team_id,
                participation.c.campaign_id == of.id,
                participation.c.entrant_id > after,
            )
        rows = conn.execute(query.order_by(entrant.c.id).limit(size)).mappings()
        return [Entrant.model_validate(row) for row in rows]
