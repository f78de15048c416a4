"""What a team does to entries that are there, and the way of drafts through the gates."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from tombola.api import CampaignView, Conflict, EntryDraft, Invalid
from tombola.campaigns.service import of_team
from tombola.db.sets import members
from tombola.entries.changes import Act, mark
from tombola.entries.models import entry
from tombola.entries.rules import State
from tombola.installation import Installation
from tombola.teams.audit import audit
from tombola.teams.rules import Actor, Role

VERBS = {State.REVOKED: "revoke", State.ARCHIVED: "archive", State.VALID: "restore"}
#: Entries that one act of a page may name.
MOST = 5_000


def ask_gates(
    inst: Installation, actor: Actor, campaign: CampaignView, drafts: Sequence[EntryDraft]
) -> dict[str, str]:
    """Ask every plugin's ``gate_entries`` about a set, before the write transaction.

    Returns:
        The reason by draft key, for those that are denied: what ``record`` takes as ``refused``.
    """
    answers = inst.plugins.ask_entries(actor, drafts, campaign)
    pairs = zip(drafts, answers, strict=True)
    return {draft.key: str(denied.reason) for draft, denied in pairs if denied is not None}


def revoke(
    inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str], reason: str
) -> int:
    """Take entries back; their places fall free. Returns how many changed."""
    return _mark(inst, actor, campaign_uid, uids, State.REVOKED, reason)


def archive(
    inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str], reason: str
) -> int:
    """Take entries out of the pool and keep them as data. Returns how many changed."""
    return _mark(inst, actor, campaign_uid, uids, State.ARCHIVED, reason)


def restore(inst: Installation, actor: Actor, campaign_uid: str, uids: Sequence[str]) -> int:
    """Undo revoke and archive: the entries are decided by the rules again."""
    return _mark(inst, actor, campaign_uid, uids, State.VALID, "")


def _mark(
    inst: Installation,
    actor: Actor,
    campaign_uid: str,
    uids: Sequence[str],
    state: State,
    reason: str,
) -> int:
    actor.need(Role.EDITOR)
    if len(uids) > MOST:
        raise Conflict(f"Choose at most {MOST} entries at a time.")
    if state is not State.VALID and not reason.strip():
        raise Invalid({"reason": "Say why; the reason is kept with each entry."})
    now = inst.clock()
    verb = VERBS[state]
    with inst.db.write() as conn:
        found = of_team(conn, actor, campaign_uid)
        ids = _ids(conn, found.id, uids)
        act = Act(verb, actor, reason.strip(), campaign_uid, now)
        changed = mark(conn, found.id, ids, state, act)
        detail = {"entries": changed, "reason": reason.strip()}
        audit(conn, actor, f"entries.{verb}", campaign_uid, detail, now)
        return changed


def _ids(conn: Connection, campaign_id: int, uids: Sequence[str]) -> list[int]:
    mine = (entry.c.campaign_id == campaign_id, members(conn, entry.c.uid, sorted(set(uids))))
    return list(conn.execute(select(entry.c.id).where(*mine)).scalars())
