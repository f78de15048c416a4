from datetime import timedelta

import pytest

from tombola_sandbox.meta.access import HASHTAG_FEATURE

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RETURNABLE = (
    "caption,children{media_type,media_url},comments_count,id,like_count,media_type,media_url,"
    "permalink,timestamp"
)


@pytest.fixture
def tag(graph, town):
    """Give a hashtag's id, asked for in the shop's name."""

    def ask(name: str = "tea"):
        found = graph("/ig_hashtag_search", town.user(), user_id=town.shop.id, q=name)
        return found["data"][0]["id"]

    return ask


@pytest.fixture
def recent(graph, town, tag):
    def ask(name: str = "tea", edge: str = "recent_media", **params: str):
        given = {"user_id": town.shop.id, "fields": RETURNABLE, **params}
        return graph.pages(f"/{tag(name)}/{edge}", town.user(), **given)

    return ask


def test_a_hashtags_id_is_the_same_for_everybody_and_for_ever(graph, town, tag, now):
    town.meta.instagram.post(town.jane, "My cup #Tea")
    first = tag("tea")
    now.advance(400 * DAY)
    assert tag("TEA") == first
    shown = graph(f"/{first}", town.user(), fields="id,name")
    assert shown == {"id": first, "name": "tea"}


def test_a_hashtag_that_nobody_uses_is_code_24_and_said_in_the_persons_language(graph, town):
    call = {"user_id": town.shop.id, "q": "nobodys"}
    error = graph.error("/ig_hashtag_search", town.user(), **call)
    assert (error["code"], error["error_subcode"], error["is_transient"]) == (24, 2207024, False)
    assert error["error_user_title"] == "No matching hashtag"
    german = graph.error("/ig_hashtag_search", town.user(), locale="de_DE", **call)
    assert german["error_user_title"] == "Kein passender Hashtag"
    assert (german["code"], german["message"]) == (error["code"], error["message"])


@pytest.mark.parametrize("q", ["#tea", "te a", "tea🍵", "", "2026"])
def test_a_hashtag_is_a_word_without_sign_and_emoji(graph, town, q):
    assert graph.code("/ig_hashtag_search", town.user(), user_id=town.shop.id, q=q)[0] == 100


def test_a_sensitive_hashtag_gives_a_generic_error(graph, town):
    town.meta.instagram.post(town.jane, "#sensitivetag")
    call = {"user_id": town.shop.id, "q": "sensitivetag"}
    assert graph.code("/ig_hashtag_search", town.user(), **call) == (1, None)


def test_searching_wants_the_feature_the_permission_and_the_own_account(graph, town):
    town.meta.instagram.post(town.jane, "#tea")
    call = {"user_id": town.shop.id, "q": "tea"}
    assert graph.code("/ig_hashtag_search", town.user(), q="tea")[0] == 100
    assert graph.code("/ig_hashtag_search", town.user(), user_id=town.ann.id, q="tea")[0] == 100
    assert graph.code("/ig_hashtag_search", town.user("instagram_basic"), **call)[0] == 10
    through_business = town.user("pages_read_engagement", "business_management", "ads_management")
    assert graph.code("/ig_hashtag_search", through_business, **call)[0] == 10
    town.change_app(features=())
    error = graph.error("/ig_hashtag_search", town.user(), **call)
    assert error["code"] == 10
    assert HASHTAG_FEATURE in error["message"]


def test_thirty_hashtags_in_seven_days_and_no_thirty_first(graph, town, tag, now):
    for number in range(31):
        town.meta.instagram.post(town.jane, f"#tag{number}")
    tag("tag0")
    now.advance(6 * DAY)
    for number in range(1, 30):
        tag(f"tag{number}")
    tag("tag0")
    call = {"user_id": town.shop.id, "q": "tag30"}
    assert graph.code("/ig_hashtag_search", town.user(), **call)[0] == 18
    searched = graph(
        f"/{town.shop.id}/recently_searched_hashtags", town.user(), fields="name", limit="30"
    )
    assert len(searched["data"]) == 30
    assert searched["data"][-1]["name"] == "tag0"
    now.advance(DAY)
    assert tag("tag30")


def test_recently_searched_is_25_at_once_and_30_at_most(graph, town, tag):
    for number in range(28):
        town.meta.instagram.post(town.jane, f"#tag{number}")
        tag(f"tag{number}")
    path = f"/{town.shop.id}/recently_searched_hashtags"
    assert [len(page) for page in graph.pages(path, town.user())] == [25, 3]
    assert graph.code(path, town.user(), limit="31")[0] == 100


def test_hits_hold_what_is_returnable_and_nothing_else(recent, graph, town, tag):
    town.meta.instagram.post(town.jane, "Mine #tea", likes=12)
    [[hit]] = recent()
    assert hit.keys() == {
        "id",
        "caption",
        "comments_count",
        "like_count",
        "media_type",
        "media_url",
        "permalink",
        "timestamp",
    }
    assert hit["permalink"].startswith("https://www.instagram.com/p/")
    for field in ("username", "owner", "thumbnail_url", "shortcode"):
        code = graph.code(
            f"/{tag()}/recent_media", town.user(), user_id=town.shop.id, fields=f"id,{field}"
        )
        assert code[0] == 100
    assert graph(f"/{tag()}/recent_media", town.user(), user_id=town.shop.id)["data"] == [
        {"id": hit["id"]}
    ]


def test_pictures_are_missing_where_the_network_gives_none(recent, town):
    post = town.meta.instagram.post
    post(town.jane, "album #tea", album=["IMAGE", "VIDEO"])
    post(town.jane, "licensed #tea", kind="VIDEO", bare=True)
    post(town.jane, "film #tea", kind="VIDEO")
    post(town.jane, "shy #tea", likes_hidden=True)
    [hits] = recent()
    found = {hit["caption"].split()[0]: hit for hit in hits}
    assert "media_url" not in found["album"]
    assert [c["media_type"] for c in found["album"]["children"]["data"]] == ["IMAGE", "VIDEO"]
    assert all(c.keys() == {"id", "media_type", "media_url"} for c in _children(found["album"]))
    assert "media_url" not in found["licensed"]
    assert "media_url" in found["film"]
    assert "like_count" not in found["shy"]


def _children(hit):
    return hit["children"]["data"]


def test_children_have_no_permalink(graph, town, tag):
    town.meta.instagram.post(town.jane, "album #tea", album=2)
    [hit] = graph(
        f"/{tag()}/recent_media",
        town.user(),
        user_id=town.shop.id,
        fields="children{permalink,media_type}",
    )["data"]
    assert all(child.keys() == {"id", "media_type"} for child in _children(hit))


def test_recent_is_a_day_and_top_is_for_ever_by_likes(recent, town, now):
    town.meta.instagram.post(town.jane, "old #tea", likes=5)
    now.advance(DAY)
    town.meta.instagram.post(town.jane, "new #tea", likes=1)
    assert [[h["caption"] for h in page] for page in recent()] == [["new #tea"]]
    top = recent(edge="top_media")
    assert [[h["caption"] for h in page] for page in top] == [["old #tea", "new #tea"]]


def test_a_tag_in_the_owners_first_comment_counts_and_another_persons_does_not(recent, town):
    media = town.meta.instagram.post(town.jane, "No tag here")
    town.meta.instagram.comment(town.jane, media, "#tea #cup")
    other = town.meta.instagram.post(town.ann, "Neither here")
    town.meta.instagram.comment(town.jane, other, "#tea")
    assert [[h["caption"] for h in page] for page in recent()] == [["No tag here"]]
    town.meta.instagram.edit_caption(media.id, "Still none")
    assert recent()[0][0]["caption"] == "Still none"


def test_stories_ads_private_and_deleted_media_never_appear(recent, town):
    post = town.meta.instagram.post
    hidden = town.meta.instagram.add_account("hidden", private=True)
    post(hidden, "private #tea")
    post(town.jane, "story #tea", product="STORY")
    post(town.jane, "ad #tea", product="AD")
    gone = post(town.jane, "gone #tea")
    town.meta.instagram.delete_media(gone.id)
    edited = post(town.jane, "was #tea")
    town.meta.instagram.edit_caption(edited.id, "is #coffee")
    post(town.jane, "seen #tea", product="REELS")
    [hits] = recent()
    assert [h["caption"] for h in hits] == ["seen #tea"]
    assert "/reel/" in hits[0]["permalink"]


def test_the_cursor_is_the_same_on_every_page_and_goes_on(graph, town, tag, http):
    for number in range(5):
        town.meta.instagram.post(town.jane, f"{number} #tea")
    body = graph(f"/{tag()}/recent_media", town.user(), user_id=town.shop.id, limit="2")
    cursors, seen = [], []
    while True:
        cursors.append(body["paging"]["cursors"])
        seen += [hit["id"] for hit in body["data"]]
        if "next" not in body["paging"]:
            break
        body = http.get(body["paging"]["next"]).json()
    assert len({c["after"] for c in cursors}) == 1
    assert all(c.keys() == {"after"} for c in cursors)
    assert len(set(seen)) == 5


def test_the_same_hit_may_come_twice(recent, town):
    for number in range(30):
        town.meta.instagram.post(town.jane, f"{number} #tea")
    ids = [hit["id"] for page in recent(limit="5") for hit in page]
    assert len(set(ids)) == 30
    assert len(ids) > 30


def test_pages_become_short_when_something_goes_while_one_reads(graph, town, tag, http):
    made = [town.meta.instagram.post(town.jane, f"{n} #tea") for n in range(4)]
    body = graph(f"/{tag()}/recent_media", town.user(), user_id=town.shop.id, limit="2")
    read = {hit["id"] for hit in body["data"]}
    for media in made:
        if media.id not in read:
            town.meta.instagram.delete_media(media.id)
    rest = http.get(body["paging"]["next"]).json()
    assert all(hit["id"] in read for hit in rest["data"])


def test_hits_are_not_always_in_the_order_of_time(recent, town, now):
    for number in range(30):
        town.meta.instagram.post(town.jane, f"{number} #tea", at=now() - number * HOUR / 60)
    times = [hit["timestamp"] for page in recent(limit="50") for hit in page]
    assert times != sorted(times, reverse=True)


@pytest.mark.parametrize("edge", ["recent_media", "top_media"])
def test_at_most_fifty_and_in_somebodys_name(graph, town, tag, edge):
    town.meta.instagram.post(town.jane, "#tea")
    path = f"/{tag()}/{edge}"
    assert graph.code(path, town.user(), user_id=town.shop.id, limit="51")[0] == 100
    assert graph.code(path, town.user())[0] == 100


def test_hashtags_are_unknown_to_graph_of_instagram(ig, town):
    scopes = ["instagram_business_basic"]
    token = town.meta.access.give_instagram_token(town.app, town.ann, scopes).id
    assert ig.code("/ig_hashtag_search", token, q="tea", user_id=town.ann.id)[0] == 100


def test_a_hit_cannot_be_looked_up_by_id(recent, graph, town):
    town.meta.instagram.post(town.jane, "#tea")
    [[hit]] = recent()
    assert graph.code(f"/{hit['id']}", town.user()) == (100, 33)


# Own media, comments, tags, mentions, discovery.


def test_comments_are_the_owners_to_read_newest_first_without_replies(graph, town, now):
    media = town.meta.instagram.post(town.shop, "Which tea?")
    first = town.meta.instagram.comment(town.jane, media, "Pear #tea")
    town.meta.instagram.comment(town.ann, media, "Me too", parent=first)
    now.advance(HOUR)
    town.meta.instagram.comment(town.shop, media, "Thanks")
    asked = "id,text,username,from{id,username},user,timestamp,like_count,hidden,replies{text}"
    found = graph(f"/{media.id}/comments", town.user(), fields=asked)["data"]
    assert [c["text"] for c in found] == ["Thanks", "Pear #tea"]
    own, hers = found
    assert own["user"] == {"id": town.shop.id}
    assert "username" not in own
    assert (hers["username"], "user" in hers) == ("jane", False)
    assert hers["from"]["id"] == town.meta.things.igsid(town.shop.id, town.jane.id)
    assert [r["text"] for r in hers["replies"]["data"]] == ["Me too"]
    lacking = town.user("instagram_manage_comments")
    assert graph.code(f"/{media.id}/comments", lacking)[0] == 10
    assert graph(f"/{first.id}", town.user(), fields="text")["text"] == "Pear #tea"
    town.meta.instagram.delete_comment(first.id)
    assert graph.code(f"/{first.id}", town.user()) == (100, 33)
    theirs = town.meta.instagram.post(town.jane, "Not yours")
    assert graph.code(f"/{theirs.id}/comments", town.user()) == (100, 33)


def test_fifty_comments_at_most(graph, town):
    media = town.meta.instagram.post(town.shop, "Which tea?")
    for number in range(60):
        town.meta.instagram.comment(town.jane, media, str(number))
    pages = graph.pages(f"/{media.id}/comments", town.user(), limit="100")
    assert [len(page) for page in pages] == [50, 10]


def test_photo_tags_name_who_tagged(graph, town):
    town.meta.instagram.post(town.jane, "At the shop", tags=[town.shop])
    hidden = town.meta.instagram.add_account("hidden", private=True)
    town.meta.instagram.post(hidden, "Secret", tags=[town.shop])
    [hit] = graph(f"/{town.shop.id}/tags", town.user(), fields="username,permalink")["data"]
    assert hit["username"] == "jane"


def test_a_mention_is_read_through_the_account(graph, town):
    media = town.meta.instagram.post(town.jane, "Lunch at @kettle.leaf.")
    asked = f"mentioned_media.media_id({media.id}){{caption,media_type,media_url,username}}"
    body = graph(f"/{town.shop.id}", town.user(), fields=asked)
    assert body.keys() == {"mentioned_media", "id"}
    assert body["mentioned_media"]["username"] == "jane"
    other = town.meta.instagram.post(town.jane, "Alone")
    for gone in (other.id, "17999"):
        asked = f"mentioned_media.media_id({gone}){{caption}}"
        assert graph.code(f"/{town.shop.id}", town.user(), fields=asked)[0] == 100


def test_a_mention_in_a_comment_is_read_through_the_account(graph, town):
    media = town.meta.instagram.post(town.ann, "Tea time")
    remark = town.meta.instagram.comment(town.jane, media, "like @Kettle.Leaf #tea")
    asked = f"mentioned_comment.comment_id({remark.id}){{id,text,timestamp,username,media{{id}}}}"
    found = graph(f"/{town.shop.id}", town.user(), fields=asked)["mentioned_comment"]
    assert (found["username"], found["media"]) == ("jane", {"id": media.id})


def test_discovery_finds_professional_accounts_alone(graph, town):
    for number in range(3):
        town.meta.instagram.post(town.ann, f"no {number}")

    def discover(name: str, more: str = "") -> str:
        wanted = f"username,biography,media.limit(2){more}{{permalink}}"
        return f"business_discovery.username({name}){{{wanted}}}"

    shown = graph(f"/{town.shop.id}", town.user(), fields=discover("Ann.Pro"))
    found = shown["business_discovery"]
    assert (found["username"], found["id"]) == ("ann.pro", town.ann.id)
    paging = found["media"]["paging"]
    assert paging.keys() == {"cursors"}
    more = discover("ann.pro", f".after({paging['cursors']['after']})")
    rest = graph(f"/{town.shop.id}", town.user(), fields=more)["business_discovery"]["media"]
    assert len(rest["data"]) == 1
    assert "after" not in rest["paging"]["cursors"]
    for name in ("jane", "nobody"):
        error = graph.error(f"/{town.shop.id}", town.user(), fields=discover(name))
        assert (error["code"], error["error_subcode"]) == (110, 2207013)
    town.meta.things.change(town.ann, age_gated=True)
    assert graph.code(f"/{town.shop.id}", town.user(), fields=discover("ann.pro"))[0] == 110


def test_somebody_elses_account_is_not_there(graph, town):
    assert graph.code(f"/{town.ann.id}", town.user(), fields="username") == (100, 33)
    assert graph.code(f"/{town.jane.id}", town.user()) == (100, 33)


# Graph of Instagram.


def test_me_has_two_ids_and_media_others_than_at_facebook(ig, town):
    media = town.meta.instagram.post(town.ann, "Mine #tea")
    scopes = ["instagram_business_basic"]
    token = town.meta.access.give_instagram_token(town.app, town.ann, scopes).id
    me = ig("/me", token, fields="user_id,username,account_type")
    assert (me["user_id"], me["username"], me["account_type"]) == (
        town.ann.id,
        "ann.pro",
        "MEDIA_CREATOR",
    )
    assert me["id"] != me["user_id"]
    [mine] = ig("/me/media", token, fields="id,permalink,timestamp,username")["data"]
    assert mine["id"] != media.id
    assert media.shortcode in mine["permalink"]
    assert mine["username"] == "ann.pro"
    assert ig(f"/{mine['id']}", token, fields="caption")["caption"] == "Mine #tea"
    assert ig(f"/{me['id']}", token, fields="username")["username"] == "ann.pro"
    assert ig.code(f"/{media.id}", token)[0] == 100
    assert ig.error("/424242", token)["type"] == "IGApiException"


def test_comments_at_instagram_want_their_own_permission(ig, town):
    media = town.meta.instagram.post(town.ann, "Mine")
    town.meta.instagram.comment(town.jane, media, "#tea")
    basic = ["instagram_business_basic"]
    token = town.meta.access.give_instagram_token(town.app, town.ann, basic).id
    [mine] = ig("/me/media", token)["data"]
    assert ig.code(f"/{mine['id']}/comments", token)[0] == 10
    more = [*basic, "instagram_business_manage_comments"]
    token = town.meta.access.give_instagram_token(town.app, town.ann, more).id
    [comment] = ig(f"/{mine['id']}/comments", token, fields="text,username")["data"]
    assert comment["username"] == "jane"
    assert ig(f"/{comment['id']}", token, fields="text")["text"] == "#tea"


def test_a_renamed_account_is_found_by_its_new_name(graph, town):
    town.meta.instagram.rename(town.ann.id, "ann.new")
    asked = "business_discovery.username(ann.new){username}"
    assert graph(f"/{town.shop.id}", town.user(), fields=asked)
    assert graph.code(f"/{town.shop.id}", town.user(), fields=asked.replace("new", "pro"))[0] == 110
