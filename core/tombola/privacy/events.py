"""What listening plugins are told when somebody is erased."""

from sqlalchemy import Connection, RowMapping

from tombola.outbox.jobs import ERASURE, Told
from tombola.teams.service import team_by_id


def entrant_erased(conn: Connection, row: RowMapping) -> Told:
    """For ``on_entrant_erased``."""
    team_uid = team_by_id(conn, row["team_id"]).uid
    return Told({"entrant_id": row["payload"]["entrant"], "team_id": team_uid})


READERS = {ERASURE: entrant_erased}
