"""The download beside the list of entries."""

import csv
from io import StringIO

from tombola.api import EntryDraft, Identity
from tombola.entrants.service import resolve
from tombola.entries.record import load_rules, record


def told(house, campaign, **details):
    action = house.action(campaign)
    now = house.inst.clock()
    with house.inst.db.write() as conn:
        who = resolve(conn, house.team.id, [Identity("x", "1", handle="ida")], now)["x", "1"]
        draft = EntryDraft(
            action.id, who.id, who.entrant_id, "1", "event", occurred_at=now, details=details
        )
        record(conn, [draft], load_rules(conn, campaign.id), now)
    return f"/team/lamps/campaign/{campaign.key}/entries"


def test_editors_get_the_file_with_the_filters_of_the_list(house):
    campaign = house.campaign()
    path = told(house, campaign, OrderID="1017")
    client = house.client("editor")
    answer = client.get(f"{path}/export?shape=csv&bom=on&person=ida&state=")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith(
        f'attachment; filename="entries-{campaign.key}-'
    )
    text = answer.get_data().decode("utf-8-sig")
    [row] = csv.DictReader(StringIO(text, newline=""))
    assert (row["OrderID"], row["username"]) == ("1017", "ida")
    assert client.get(f"{path}/export?person=nobody").text.count("\r\n") == 1
    assert client.get(f"{path}/export?shape=jsonl").text.count("\n") == 1


def test_viewers_are_offered_nothing_and_refused(house):
    path = told(house, house.campaign())
    viewer = house.client("viewer")
    assert "Download these entries" not in viewer.get(path).text
    assert viewer.get(f"{path}/export").status_code == 403
    page = house.client("editor").get(f"{path}?state=valid").text
    assert "Download these entries" in page
    assert '<input type="hidden" name="state" value="valid">' in page
