"""The download beside the list of entries."""

import csv
import re
from io import StringIO

from sqlalchemy import select

from tombola.api import EntryDraft, Identity
from tombola.entrants.service import resolve
from tombola.entries import downloads, jobs
from tombola.entries.models import download, saved_view
from tombola.entries.record import load_rules, record
from tombola.queue import runner
from tombola.queue.kinds import House, Kinds


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


def work(house):
    kinds = Kinds(jobs.kinds())
    runner.run(House(site=house.inst, kinds=kinds), kinds[downloads.WRITE])


def test_editors_get_the_file_with_the_filters_of_the_list(house):
    campaign = house.campaign()
    path = told(house, campaign, OrderID="1017")
    client = house.client("editor")

    def get(query, **form):
        answer = house.post(client, f"{path}/files?{query}", **form)
        assert answer.headers["Location"].endswith(f"{path}/files")
        assert "0 of " in client.get(f"{path}/files").text
        work(house)
        page = client.get(f"{path}/files", headers={"HX-Request": "true"}).text
        assert "hx-trigger" not in page
        return client.get(re.findall(r'href="([^"]+/files/[^"]+)"', page)[0], buffered=True)

    answer = get("person=ida&state=", shape="csv", bom="on")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith(
        f"attachment; filename=entries-{campaign.key}-"
    )
    text = answer.get_data().decode("utf-8-sig")
    [row] = csv.DictReader(StringIO(text, newline=""))
    assert (row["OrderID"], row["username"]) == ("1017", "ida")
    assert get("person=nobody").text.count("\r\n") == 1
    assert get("", shape="jsonl").text.count("\n") == 1


def test_file_that_is_not_ready_sends_back_to_the_progress(house):
    path = told(house, house.campaign())
    client = house.client("editor")
    house.post(client, f"{path}/files")
    with house.inst.db.read() as conn:
        uid = conn.execute(select(download.c.uid)).scalar_one()
    answer = client.get(f"{path}/files/{uid}", follow_redirects=True)
    assert "still being written" in answer.text


def test_filters_are_kept_under_a_name_for_the_team(house):
    path = told(house, house.campaign())
    client = house.client("editor")
    asked = f"{path}/views?state=valid&person=ida"
    house.post(client, asked, name="  Good   ones ")
    page = client.get(path).text
    assert "Good ones" in page
    assert "state=valid" in page
    assert 'aria-current="page"><bdi>Good ones' in client.get(f"{path}?state=valid&person=ida").text
    house.post(client, asked)
    assert "Give the view a name" in client.get(path).text
    house.post(client, f"{path}/views", name="All")
    assert "Choose a filter first" in client.get(path).text
    assert house.post(house.client("viewer"), asked, name="x").status_code == 403
    with house.inst.db.read() as conn:
        uid = conn.execute(select(saved_view.c.uid)).scalar_one()
    house.post(client, f"{path}/views/{uid}/remove")
    assert "Good ones" not in client.get(path).text


def test_viewers_are_offered_nothing_and_refused(house):
    path = told(house, house.campaign())
    viewer = house.client("viewer")
    assert "Download these entries" not in viewer.get(path).text
    assert viewer.get(f"{path}/files").status_code == 403
    assert house.post(viewer, f"{path}/files").status_code == 403
    page = house.client("editor").get(f"{path}?state=valid").text
    assert "Download these entries" in page
    assert "entries/files?state=valid" in page
