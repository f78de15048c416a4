"""Source pages: preview, start, progress, trouble in words, taking a run back."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tombola.api import (
    CredentialExpired,
    Estimate,
    HttpResponse,
    Identity,
    Item,
    Media,
    MediaKind,
    OutOfCredit,
)
from tombola.importing import service


@pytest.fixture
def desk(house):
    campaign = house.campaign()
    action = house.action(campaign, type_key="sample.feed", config={}, title="Post it")
    return Desk(house, campaign, action)


class Desk:
    """A campaign with an import action, and a browser of its editor."""

    def __init__(self, house, campaign, action):
        self.house, self.campaign, self.action = house, campaign, action
        self.client = house.client("editor")
        self.base = f"/team/lamps/campaign/{campaign.key}"

    def post(self, path, **form):
        return self.house.post(self.client, self.base + path, **form)

    def form(self, **form):
        wanted = {"config.tags": "lamps", "config.photos_only": "on", "config.words_match": "all"}
        return self.post(
            f"/sources/new/{self.action.uid}", **{**wanted, "every_seconds": 3600, **form}
        )

    def start(self):
        return self.form(act="add").headers["Location"].removeprefix(self.base)

    def page(self, path):
        answer = self.client.get(self.base + path)
        assert answer.status_code == 200
        return answer.text


def photo(house, n, text="a lamp"):
    at = house.inst.clock() - timedelta(hours=n)
    media = [Media(MediaKind.PHOTO)]
    return Item(str(n), at, "post", Identity("x", f"u{n}", handle=f"h{n}"), f"{text} {n}", media)


def test_first_sending_shows_what_a_source_would_bring_and_writes_nothing(desk):
    desk.house.feed.posts = [photo(desk.house, n) for n in range(1, 1500)]
    text = desk.form().text
    assert "1\u202f499" in text
    assert "That is a lot" in text
    assert "a lamp 1" in text
    assert "Read me." in text
    assert service.of_campaign(desk.house.inst, desk.house.actor(), desk.campaign.id) == []


@pytest.mark.parametrize(("exact", "said"), [(True, ">USD 1.62<"), (False, ">about USD 1.62<")])
def test_money_is_written_in_one_way(desk, monkeypatch, exact, said):
    found = Estimate(7, exact=exact, price=Decimal("1.615"), currency="USD")
    monkeypatch.setattr(desk.house.feed, "estimate", lambda *_: found)
    text = desk.form().text
    assert said in text
    assert "Posts that would be read" in text
    assert "≈" not in text


def test_source_is_added_once_the_preview_was_seen_and_brings_entries(desk):
    desk.house.feed.posts = [photo(desk.house, n) for n in range(1, 4)]
    place = desk.start()
    assert "The first run begins in a moment" in desk.page(place)
    assert desk.house.work() > 0
    assert "3 entries" in desk.page(place)
    listed = desk.page("/entries")
    assert listed.index("@h1") < listed.index("@h2") < listed.index("@h3")


def test_wrong_configuration_is_shown_beside_its_field(desk):
    answer = desk.form(**{"config.tags": ""}, cap="0")
    assert answer.status_code == 422
    assert 'id="f-config-tags-error"' in answer.text
    assert "It must be at least 1." in answer.text


def test_trouble_is_told_in_words_that_a_person_can_act_on(desk):
    desk.house.feed.trouble = CredentialExpired("401 Unauthorized")
    place = desk.start()
    desk.house.work()
    text = desk.page(f"{place}/now")
    assert "Needs a new key" in text
    assert "Renew it in the settings, then press “Run now”." in text
    assert "Traceback" not in text


def test_run_that_waits_for_a_person_does_not_claim_to_run(desk):
    place = desk.start()
    desk.house.work()
    desk.house.feed.trouble = OutOfCredit(None, "402 credits depleted")
    desk.house.feed.posts = [photo(desk.house, 0)]
    desk.post(f"{place}/run")
    desk.house.work()
    text = desk.page(f"{place}/now")
    assert "has no credit left. Buy credit there, then press “Run now”." in text
    assert text.count("402 credits depleted") == 1
    assert ">Waiting<" in text
    assert ">Running<" not in text
    assert "Last tried:" in text
    assert "every hour" not in text
    assert "every hour" not in desk.page("/sources")


def test_source_whose_plan_denies_it_does_not_claim_to_work(desk):
    place = desk.start()
    desk.house.work()
    assert "Working" in desk.page(place)
    operator = desk.house.client("operator")
    desk.house.post(operator, "/operator/teams/lamps/plan", plan="free")
    for path in (place, "/sources"):
        text = desk.page(path)
        assert "Working" not in text
        assert "is not part of the plan Free" in text
    desk.house.post(operator, "/operator/teams/lamps/plan", plan="pro")
    desk.house.post(operator, "/operator/plugins/sample/switch", on="no")
    text = desk.page(place)
    assert "The operator has switched this plugin off." in text
    assert "Plugin is away" in text


def test_run_is_taken_back_as_one_act(desk):
    desk.house.feed.posts = [photo(desk.house, n) for n in range(1, 4)]
    place = desk.start()
    desk.house.work()
    uid = place.rsplit("/", 1)[1]
    runs = service.runs(desk.house.inst, desk.house.actor(), uid)
    run = next(one for one in runs if one.counts["entries"] == 3)
    page = desk.page(place)
    assert "Take back the 3 entries of this run?" in page
    answer = desk.post(f"{place}/undo/{run.uid}")
    assert answer.status_code == 303
    assert "3 entries were taken back." in desk.page(place)
    assert desk.page("/entries").count("Revoked") >= 3


def test_paused_source_says_so_and_goes_on(desk):
    place = desk.start()
    desk.post(f"{place}/pause")
    assert "Paused" in desk.page(place)
    desk.post(f"{place}/run")
    assert "let it go on first" in desk.page(place)
    desk.post(f"{place}/resume")
    assert "It goes on." in desk.page(place)


def test_edited_source_keeps_its_fields(desk):
    place = desk.start()
    form = desk.page(f"{place}/edit")
    assert "lamps</textarea>" in form
    changed = desk.post(
        f"{place}/edit",
        **{"config.tags": "lamps\nlights", "config.words_match": "any"},
        every_seconds=900,
    )
    assert changed.status_code == 303
    page = desk.page(place)
    assert "lamps, lights" in page
    assert "every 15 minutes" in page


def test_source_of_another_campaign_is_not_there(desk):
    place = desk.start()
    other = desk.house.campaign("Another")
    assert desk.client.get(f"/team/lamps/campaign/{other.key}{place}").status_code == 404


def test_picture_of_another_team_is_not_there(desk):
    assert (
        desk.client.get("/team/lamps/picture/01a1ffbb-0000-7000-8000-000000000000").status_code
        == 404
    )


@pytest.fixture
def looking(desk, monkeypatch):
    """The sample's network lets anybody look at a post again."""
    feed = type(desk.house.feed)
    monkeypatch.setattr(feed, "recheck_size", 2)
    monkeypatch.setattr(feed, "recheck", lambda self, ctx, config, items: list(self.posts))
    return desk


def test_another_look_shows_what_it_found(looking):
    looking.house.feed.posts = [photo(looking.house, n) for n in range(1, 6)]
    place = looking.start()
    looking.house.work()
    assert "Look at its posts again" in looking.page(place)
    del looking.house.feed.posts[1:3]
    looking.post(f"{place}/recheck")
    assert "0 of 5 posts" in looking.page(place)
    looking.house.work("recheck")
    assert "2 were deleted there." in looking.page(place)
    listed = looking.page("/entries")
    assert listed.count("deleted at the network") == 2


def test_all_sources_of_a_campaign_look_again(looking):
    looking.house.feed.posts = [photo(looking.house, 1)]
    place = looking.start()
    looking.house.work()
    assert "Look at all posts again" in looking.page("/sources")
    looking.post("/sources/recheck")
    looking.house.work("recheck")
    assert "Nothing has changed." in looking.page(place)


def test_network_that_shows_nothing_again_says_so(desk):
    desk.house.feed.posts = [photo(desk.house, 1)]
    place = desk.start()
    desk.house.work()
    assert "does not let anybody look at a post again" in desk.page(place)
    assert "Look at its posts again" not in desk.page(place)
    desk.post(f"{place}/recheck")
    assert "does not let anybody look at a post again" in desk.page(place)


def test_each_call_of_a_run_is_listed_with_its_outcome(desk):
    place = desk.start()
    desk.house.feed.trouble = CredentialExpired("the key was taken back")
    desk.house.work()
    (run, *_) = service.runs(desk.house.inst, desk.house.actor(), place.rsplit("/", 1)[1])
    text = desk.page(f"{place}/run/{run.uid}")
    assert "CredentialExpired: the key was taken back" in text
    assert desk.client.get(f"{desk.base}{place}/run/nothing").status_code == 404


class TestSamples:
    """The pictures of a preview, passed on by us."""

    @pytest.fixture
    def shown(self, desk, monkeypatch):
        """Preview a post with one picture, and give the picture's address on our page."""
        media = [Media(MediaKind.PHOTO, "https://pictures.example.org/1.png")]
        desk.house.feed.posts = [replace(photo(desk.house, 1), media=media)]
        asked = []

        def get(url, **_):
            asked.append(url)
            return HttpResponse(200, {"content-type": "image/png"}, b"\x89PNG\r\n\x1a\n...")

        monkeypatch.setattr(desk.house.inst.fetcher, "get", get)
        found = re.search(r'<img src="([^"]+sample[^"]+)"', desk.form().text)
        assert found is not None
        assert asked == []
        return html.unescape(found[1]), asked

    def test_the_team_sees_it_and_nothing_is_kept(self, desk, shown):
        address, asked = shown
        answer = desk.client.get(address)
        assert (answer.status_code, answer.content_type) == (200, "image/png")
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert asked == ["https://pictures.example.org/1.png"]

    def test_what_is_no_picture_is_not_passed_on(self, desk, shown, monkeypatch):
        address, _ = shown
        page = HttpResponse(200, {"content-type": "image/png"}, b"<html><script>")
        monkeypatch.setattr(desk.house.inst.fetcher, "get", lambda *_, **__: page)
        assert desk.client.get(address).status_code == 404

    def test_another_team_or_a_made_up_token_sees_nothing(self, desk, shown):
        address, asked = shown
        stranger = desk.house.client("stranger")
        assert stranger.get(address).status_code == 404
        slug = "rivals"
        assert stranger.get(address.replace("lamps", slug)).status_code == 404
        assert desk.client.get(address[:-8] + "AAAAAAAA").status_code == 404
        assert asked == []

    def test_it_is_gone_after_a_while(self, desk, shown, clock):
        address, _ = shown
        clock.advance(timedelta(minutes=31))
        assert desk.client.get(address).status_code == 404
