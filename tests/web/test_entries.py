"""What a team does to entries on their pages, and what it is told."""

from datetime import timedelta

import pytest

from tombola.api import EntryDraft, Identity, Item, Media, MediaKind
from tombola.entrants.service import resolve
from tombola.entries import listing
from tombola.entries.filters import Filter
from tombola.entries.record import load_rules, record
from tombola.importing import service
from tombola.importing.service import SourceForm


@pytest.fixture
def listed(house):
    """A campaign with two imported entries, its editor's browser, and the list's address."""
    campaign = house.campaign()
    action = house.action(campaign, type_key="sample.feed", config={}, title="Post it")
    at = house.inst.clock() - timedelta(hours=1)
    house.feed.posts = [
        Item(str(n), at, "post", Identity("x", f"u{n}"), "a lamp", [Media(MediaKind.PHOTO)])
        for n in range(2)
    ]
    service.add(house.inst, house.actor(), action.uid, SourceForm(config={"tags": ["lamps"]}))
    house.work()
    lines = listing.page(house.inst, house.actor(), campaign.uid, Filter(), None).lines
    uids = [line.uid for line in lines]
    assert len(uids) == 2
    return house.client("editor"), f"/team/lamps/campaign/{campaign.key}/entries", uids


def test_revoking_without_a_reason_keeps_what_was_ticked_and_asks_beside_the_field(house, listed):
    client, path, uids = listed
    answer = house.post(client, path, entry=uids, act="revoke", reason=" ")
    assert answer.status_code == 422
    for uid in uids:
        assert f'value="{uid}" checked' in answer.text
    assert 'id="reason-error"' in answer.text
    assert 'aria-describedby="reason-error" data-tombola-focus' in answer.text
    assert "Say why" in answer.text


def test_ticked_entries_beyond_the_first_lines_stay_ticked(house, listed):
    client, path, uids = listed
    answer = house.post(client, f"{path}?state=revoked", entry=uids, act="archive")
    assert answer.status_code == 422
    for uid in uids:
        assert f'value="{uid}" checked hidden' in answer.text


@pytest.mark.parametrize(
    ("act", "said"), [("revoke", "2 entries revoked."), ("archive", "2 entries archived.")]
)
def test_what_was_done_is_said_by_its_name(house, listed, act, said):
    client, path, uids = listed
    assert house.post(client, path, entry=uids, act=act, reason="spam").status_code == 303
    assert said in client.get(path).text
    house.post(client, path, entry=uids, act="restore")
    assert "2 entries restored." in client.get(path).text


def test_entrys_own_page_offers_what_can_be_done(house, listed):
    client, path, (uid, _other) = listed
    place = f"{path}/{uid}"
    assert 'value="revoke"' in client.get(place).text
    refused = house.post(client, place, act="revoke", reason="")
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.text
    assert house.post(client, place, act="revoke", reason="spam").status_code == 303
    after = client.get(place).text
    assert "1 entry revoked." in after
    assert 'value="restore"' in after
    assert 'value="revoke"' not in after
    assert 'value="revoke"' not in house.client("viewer").get(place).text


@pytest.mark.parametrize(
    ("cause", "unknown"), [("submit", False), ("event", False), ("import", True)]
)
def test_own_time_is_unknown_of_imported_posts_alone(house, cause, unknown):
    campaign = house.campaign()
    action = house.action(campaign)
    now = house.inst.clock()
    with house.inst.db.write() as conn:
        who = resolve(conn, house.team.id, [Identity("x", "1", handle="ida")], now)["x", "1"]
        draft = EntryDraft(
            action_id=action.id,
            identity_id=who.id,
            entrant_id=who.entrant_id,
            key="1",
            occurred_at=None,
            cause_kind=cause,
        )
        record(conn, [draft], load_rules(conn, campaign.id), now)
    client = house.client("viewer")
    path = f"/team/lamps/campaign/{campaign.key}/entries"
    (line,) = listing.page(house.inst, house.actor(), campaign.uid, Filter(), None).lines
    said = "time unknown, shown by when it was seen"
    assert (said in client.get(path).text) is unknown
    facts = client.get(f"{path}/{line.uid}").text.split("Own time</dt>")[1]
    assert facts.startswith(f"<dd>{said}") is unknown
