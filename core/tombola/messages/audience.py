"""Who a message of a campaign is for, and who of them can get it today."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Select, and_, exists, func, select

from tombola.api import PluginFailed, PluginUnavailable, Purpose
from tombola.campaigns import service as campaigns
from tombola.campaigns.service import Campaign
from tombola.installation import Installation
from tombola.messages.judging import Verdict, judge
from tombola.messages.models import consent, message
from tombola.messages.people import Person, people
from tombola.messages.promises import promised
from tombola.messages.rules import Counted, Reason
from tombola.plugins.world import Team
from tombola.teams.rules import Actor, Role

#: People who are judged with one call of a channel.
PAGE = 1_000
#: People whom a page looks at; of more it says that there are more.
MOST_LOOKED = 20_000


class Preview(Counted):
    """Counts of a message that has not been sent.

    Attributes:
        more: people who were not looked at.
    """

    more: int = 0


def preview(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    purpose: Purpose,
    *,
    most: int = MOST_LOOKED,
) -> Preview:
    """Count who can get a message today, who cannot and why, and who has had it.

    Nothing is written and no network asked. A channel that cannot be asked holds its people off.

    Args:
        inst: The installation.
        actor: A viewer or more.
        campaign_uid: The campaign.
        purpose: Why it would be sent.
        most: People who are looked at.

    Raises:
        NotFound: No such campaign of this team.
    """
    actor.need(Role.VIEWER)
    with inst.db.read() as conn:
        campaign = campaigns.of_team(conn, actor, campaign_uid)
        told = promised(conn, campaign)
        everybody = int(conn.execute(_counted(campaign, purpose, told)).scalar_one())
    found = Preview()
    found.more = max(0, everybody - most)
    subject = subject_of(purpose, told)
    now = inst.clock()
    for channel, page in pages(inst, campaign, purpose, told, most=most):
        with inst.db.read() as conn:
            had = _had(conn, campaign, purpose, subject, [each.identity_id for each in page])
        asked = [each for each in page if each.identity_id not in had]
        found.had += len(page) - len(asked)
        for verdict in _verdicts(inst, actor, channel, asked, purpose, told, now):
            if verdict.may:
                found.add_way(verdict.by)
            else:
                found.add_reason(Reason(verdict.says, verdict.alternative), verdict.until)
    return found


def subject_of(purpose: Purpose, told: str) -> str:
    """What tells a message from others of its purpose: after each change, one about that change."""
    return told if purpose in {Purpose.CONSENT, Purpose.CAMPAIGN_CHANGED} else ""


def pages(
    inst: Installation, campaign: Campaign, purpose: Purpose, told: str, *, most: int
) -> Iterator[tuple[str, list[Person]]]:
    """The people whom a message is for, by channel and in pages, by identity's number."""
    after, seen = 0, 0
    while seen < most:
        with inst.db.read() as conn:
            rows = conn.execute(
                ids(campaign, purpose, told)
                .where(consent.c.identity_id > after)
                .limit(min(PAGE, most - seen))
            ).all()
            if not rows:
                return
            after, seen = rows[-1].identity_id, seen + len(rows)
            by_channel: dict[str, list[int]] = {}
            for row in rows:
                by_channel.setdefault(row.channel, []).append(row.identity_id)
            found = {
                channel: people(
                    conn, inst.vault, campaign.team_id, channel, campaign.id, numbers,
                    inst.clock(),
                )
                for channel, numbers in by_channel.items()
            }  # fmt: skip
        for channel, known in found.items():
            yield channel, list(known.values())


def ids(campaign: Campaign, purpose: Purpose, told: str) -> Select[tuple[int, str]]:
    """Identities with their channel that a message is for, in their order.

    A question of interest goes to those who hear of the team's other campaigns; a question of
    consent to those who agreed to something else than what is promised now; anything else to
    whoever agreed to hear of this campaign.
    """
    columns = select(consent.c.identity_id, func.max(consent.c.channel).label("channel"))
    if purpose is Purpose.INTEREST:
        asked = consent.alias("asked")
        here = exists().where(
            and_(
                asked.c.campaign_id == campaign.id,
                asked.c.identity_id == consent.c.identity_id,
            )
        )
        wanted = columns.where(
            consent.c.team_id == campaign.team_id,
            consent.c.campaign_id != campaign.id,
            consent.c.withdrawn_at.is_(None),
            ~here,
        )
    else:
        wanted = columns.where(
            consent.c.campaign_id == campaign.id, consent.c.withdrawn_at.is_(None)
        )
        if purpose is Purpose.CONSENT:
            wanted = wanted.where(consent.c.agreed != told)
    return wanted.group_by(consent.c.identity_id).order_by(consent.c.identity_id)


def _counted(campaign: Campaign, purpose: Purpose, told: str) -> Select[int]:
    everybody = ids(campaign, purpose, told).order_by(None).subquery()
    return select(func.count()).select_from(everybody)


def _had(
    conn: Connection, campaign: Campaign, purpose: Purpose, subject: str, numbers: list[int]
) -> set[int]:
    """Those who have a message of this purpose and subject already, whatever became of it."""
    rows = conn.execute(
        select(message.c.identity_id).where(
            message.c.campaign_id == campaign.id,
            message.c.identity_id.in_(numbers),
            message.c.purpose == purpose.value,
            message.c.subject == subject,
        )
    )
    return set(rows.scalars())


def _verdicts(
    inst: Installation,
    team: Team,
    key: str,
    asked: list[Person],
    purpose: Purpose,
    told: str,
    now: datetime,
) -> list[Verdict]:
    channel = inst.plugins.channel(key)
    if channel is None:
        says = inst.plugins.why_not(key, team) or "Nobody offers this way to send messages."
        return [Verdict(says=says)] * len(asked)
    try:
        return judge(inst, team, channel, asked, purpose, told, now)
    except (PluginFailed, PluginUnavailable) as away:
        return [Verdict(says=str(away))] * len(asked)
