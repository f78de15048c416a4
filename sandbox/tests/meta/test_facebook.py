from datetime import timedelta

import pytest

from tombola_sandbox.meta import facebook_edges
from tombola_sandbox.meta.models import App

HOUR = timedelta(hours=1)
FIELDS = "id,from{id,name},message,attachment,created_time,parent{id},permalink_url"


def test_accounts_are_pages_with_a_role_that_were_allowed(graph, town):
    facebook = town.meta.facebook
    facebook.add_page("Somebody else's", admin=town.kim)
    second = facebook.add_page("Second", roles={town.robin.id: ("ANALYZE",)})
    found = graph("/me/accounts", town.user())["data"]
    assert [p["name"] for p in found] == ["Kettle & Leaf", "Second"]
    assert found[0].keys() == {
        "access_token",
        "category",
        "category_list",
        "name",
        "id",
        "tasks",
    }
    assert found[1]["tasks"] == ["ANALYZE"]
    allowed = graph("/me/accounts", town.user(pages=[second]), fields="name")["data"]
    assert allowed == [{"name": "Second", "id": second.id}]


def test_a_page_names_its_linked_instagram_account_only_with_the_permission(graph, town):
    asked = "instagram_business_account{id,username}"
    shown = graph(f"/{town.page.id}", town.token(), fields=asked)
    assert shown["instagram_business_account"] == {"id": town.shop.id, "username": "Kettle.Leaf"}
    assert graph(f"/{town.page.id}", town.token("instagram_basic"), fields=asked) == {
        "id": town.page.id
    }


def test_published_posts_want_the_pages_own_token(graph, town):
    [post] = graph(
        f"/{town.page.id}/published_posts", town.token(), fields="message,permalink_url"
    )["data"]
    assert post["id"] == town.post.id
    assert post["permalink_url"].endswith(town.post.id.split("_")[1])
    assert graph.code(f"/{town.page.id}/published_posts", town.user()) == (190, 2069032)
    lacking = town.token("pages_read_engagement")
    assert graph.code(f"/{town.page.id}/published_posts", lacking)[0] == 10


def test_another_page_is_read_only_with_the_feature(graph, town):
    other = town.meta.facebook.add_page("Other", admin=town.kim)
    error = graph.error(f"/{other.id}", town.token(), fields="name")
    assert error["code"] == 10
    assert "Page Public Content Access" in error["message"]


def test_a_comment_comes_with_its_picture_and_author(graph, town):
    comment = town.meta.facebook.comment(town.kim, town.post, "My cup", photo=True)
    [shown] = graph(f"/{town.post.id}/comments", town.token(), fields=FIELDS)["data"]
    assert shown["id"] == comment.id
    assert shown["from"] == {
        "id": town.meta.things.psid(town.page.id, town.kim.id),
        "name": "Kim Larsen",
    }
    attachment = shown["attachment"]
    assert attachment["type"] == "photo"
    assert attachment["media"]["image"].keys() == {"height", "width", "src"}
    assert max(attachment["media"]["image"]["height"], attachment["media"]["image"]["width"]) == 720
    assert attachment["target"]["id"] in attachment["target"]["url"]
    assert "parent" not in shown
    whole = graph(f"/{attachment['target']['id']}", town.token(), fields="images")["images"]
    assert max(whole[0]["width"], whole[0]["height"]) > 720


def test_a_bare_photo_has_an_empty_message_and_other_attachments_their_types(graph, town):
    facebook = town.meta.facebook
    facebook.comment(town.kim, town.post, "", photo=True)
    for kind in ("sticker", "video_inline", "animated_image_share", "share"):
        facebook.comment(town.kim, town.post, "", kind=kind)
    found = graph(f"/{town.post.id}/comments", town.token(), fields=FIELDS, order="chronological")[
        "data"
    ]
    assert [c["message"] for c in found] == [""] * 5
    assert [c["attachment"]["type"] for c in found] == [
        "photo",
        "sticker",
        "video_inline",
        "animated_image_share",
        "share",
    ]


def test_replies_come_with_stream_alone(graph, town):
    first = town.meta.facebook.comment(town.kim, town.post, "one")
    town.meta.facebook.comment(town.robin, town.post, "answer", parent=first)
    path = f"/{town.post.id}/comments"
    assert [c["message"] for c in graph(path, town.token())["data"]] == ["one"]
    both = graph(path, town.token(), filter="stream", order="chronological", fields=FIELDS)["data"]
    assert [c["message"] for c in both] == ["one", "answer"]
    assert both[1]["parent"]["id"] == first.id
    assert [c["message"] for c in graph(f"/{first.id}/comments", town.token())["data"]] == [
        "answer"
    ]


def test_order_since_and_summary(graph, town, now):
    for text in ("a", "b", "c"):
        town.meta.facebook.comment(town.kim, town.post, text)
        now.advance(HOUR)
    path, token = f"/{town.post.id}/comments", town.token()
    assert "".join(c["message"] for c in graph(path, token, order="chronological")["data"]) == "abc"
    backwards = graph(path, token, order="reverse_chronological", summary="true")
    assert "".join(c["message"] for c in backwards["data"]) == "cba"
    assert backwards["summary"] == {
        "order": "reverse_chronological",
        "total_count": 3,
        "can_comment": True,
    }
    assert graph(path, token, summary="true")["summary"]["order"] == "ranked"
    since = str(int((now() - 2 * HOUR).timestamp()))
    later = graph(path, token, order="chronological", since=since)["data"]
    assert "".join(c["message"] for c in later) == "bc"
    assert graph.code(path, token, order="backwards")[0] == 100
    assert graph.code(path, token, filter="all")[0] == 100
    assert graph.code(path, token, since="last week")[0] == 100


def test_pages_of_comments_end_without_next_and_may_be_short_or_empty(graph, town):
    made = [town.meta.facebook.comment(town.kim, town.post, str(n)) for n in range(6)]
    for gone in made[2:4]:
        town.meta.facebook.delete_comment(gone.id)
    town.meta.facebook.delete_comment(made[4].id)
    pages = graph.pages(f"/{town.post.id}/comments", town.token(), limit="2", order="chronological")
    assert [[c["message"] for c in page] for page in pages] == [["0", "1"], [], ["5"]]


def test_next_holds_the_token_and_a_cursor_that_is_none_is_refused(graph, town):
    for number in range(3):
        town.meta.facebook.comment(town.kim, town.post, str(number))
    token = town.token()
    body = graph(f"/{town.post.id}/comments", token, limit="2")
    assert f"access_token={token}" in body["paging"]["next"]
    after = body["paging"]["cursors"]["after"]
    rest = graph(f"/{town.post.id}/comments", token, limit="2", after=after)
    assert len(rest["data"]) == 1
    assert "next" not in rest["paging"]
    assert graph.code(f"/{town.post.id}/comments", token, after="MQ")[0] == 100
    assert graph.code(f"/{town.post.id}/comments", token, limit="0")[0] == 100
    before = rest["paging"]["cursors"]["before"]
    assert graph(f"/{town.post.id}/comments", token, before=before)["data"] == body["data"]


def test_paging_ends_somewhere_in_very_many_comments(graph, town, monkeypatch):
    monkeypatch.setattr(facebook_edges, "DEEPEST", 3)
    for number in range(5):
        town.meta.facebook.comment(town.kim, town.post, str(number))
    pages = graph.pages(f"/{town.post.id}/comments", town.token(), limit="2", summary="true")
    assert [len(page) for page in pages] == [2, 1]


def test_a_persons_token_sees_no_comments(graph, town):
    town.meta.facebook.comment(town.kim, town.post, "one")
    assert graph(f"/{town.post.id}/comments", town.user()) == {"data": []}


def test_with_standard_access_only_people_of_the_app_have_a_name(graph, town):
    developer = town.meta.facebook.add_person("Dev Eloper")
    town.meta.facebook.comment(town.kim, town.post, "one")
    town.meta.facebook.comment(developer, town.post, "two")
    town.change_app(advanced=(), roles=(town.robin.id, developer.id))
    found = graph(f"/{town.post.id}/comments", town.token(), fields=FIELDS, order="chronological")[
        "data"
    ]
    assert [("from" in c, c["message"]) for c in found] == [(False, "one"), (True, "two")]
    assert all("id" in c for c in found)


def test_other_pages_comments_have_neither_id_nor_author(graph, town):
    other = town.meta.facebook.add_page("Other", admin=town.kim)
    post = town.meta.facebook.post(other, "Public")
    town.meta.facebook.comment(town.kim, post, "one", photo=True)
    town.meta.facebook.comment(other, post, "we")
    assert graph.code(f"/{post.id}/comments", town.token())[0] == 100
    town.with_feature()
    error = graph.error(f"/{post.id}/comments", town.token())
    assert "either app secret proof or an app token" in error["message"]
    found = graph(f"/{post.id}/comments", town.app_token, fields=FIELDS, order="chronological")
    assert [("id" in c, "from" in c) for c in found["data"]] == [(False, False), (False, True)]
    assert all("comment_id=" in c["permalink_url"] for c in found["data"])


def test_hidden_edited_and_removed_comments(graph, town):
    facebook = town.meta.facebook
    hidden, edited, gone = (facebook.comment(town.kim, town.post, t) for t in "abc")
    facebook.hide_comment(hidden.id)
    facebook.edit_comment(edited.id, "B")
    facebook.delete_comment(gone.id)
    found = graph(
        f"/{town.post.id}/comments", town.token(), fields="message,is_hidden", order="chronological"
    )["data"]
    assert [(c["message"], c["is_hidden"]) for c in found] == [("a", True), ("B", False)]
    assert graph.code(f"/{gone.id}", town.token()) == (100, 33)


def test_what_tags_a_page_comes_without_its_author(graph, town, now):
    facebook = town.meta.facebook
    one = facebook.post(town.kim, "Lunch", photos=1, tags=[town.page], tagged_after=HOUR / 60)
    album = facebook.post(town.kim, "Album", photos=3, tags=[town.page])
    facebook.post(town.kim, "Only friends", tags=[town.page], public=False)
    facebook.post(town.kim, "No tag")
    asked = (
        "id,from,message,created_time,tagged_time,permalink_url,"
        "attachments{media_type,type,media,target,subattachments}"
    )
    [pictured, many] = graph(f"/{town.page.id}/tagged", town.token(), fields=asked)["data"]
    assert [pictured["id"], many["id"]] == [one.id, album.id]
    assert all("from" not in post for post in (pictured, many))
    assert pictured["tagged_time"] > pictured["created_time"]
    [whole] = many["attachments"]["data"]
    assert (whole["type"], whole["media_type"]) == ("album", "album")
    assert len(whole["subattachments"]["data"]) == 3
    by_itself = graph(f"/{town.page.id}/tagged", town.token())["data"]
    assert all(post.keys() == {"message", "tagged_time", "id"} for post in by_itself)


def test_the_author_of_a_tag_comes_only_to_the_author(graph, town):
    town.meta.facebook.post(town.robin, "My own page", tags=[town.page])
    [post] = graph(f"/{town.page.id}/tagged", town.token(), fields="from")["data"]
    assert post["from"]["name"] == "Robin Demo"


def test_tags_are_cut_by_time_and_the_last_page_is_empty(graph, town, now):
    for number in range(5):
        town.meta.facebook.post(town.kim, str(number), tags=[town.page])
        if number % 2:
            now.advance(HOUR)
    body = graph(f"/{town.page.id}/tagged", town.token(), limit="2")
    assert body["paging"].keys() == {"previous", "next"}
    assert {"until", "__paging_token"} <= _names(body["paging"]["next"])
    assert {"since", "__paging_token"} <= _names(body["paging"]["previous"])
    pages = graph.pages(f"/{town.page.id}/tagged", town.token(), limit="2")
    assert [[p["message"] for p in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"], []]
    late = str(int((now() - HOUR).timestamp()))
    found = graph(f"/{town.page.id}/tagged", town.token(), since=late)["data"]
    assert [p["message"] for p in found] == ["4", "3", "2"]


def _names(url: str) -> set[str]:
    return {pair.split("=")[0] for pair in url.split("?")[1].split("&")}


def test_tagged_wants_task_and_permission(graph, town):
    assert graph.code(f"/{town.page.id}/tagged", town.user()) == (190, 2069032)
    assert graph.code(f"/{town.page.id}/tagged", town.token("pages_read_user_content"))[0] == 10
    token = town.token()
    town.meta.facebook.set_role(town.page.id, town.robin.id, ("ANALYZE",))
    assert graph.code(f"/{town.page.id}/tagged", token)[0] == 10


def test_a_post_that_tags_can_be_looked_up_until_it_is_gone(graph, town):
    post = town.meta.facebook.post(town.kim, "Lunch", tags=[town.page])
    assert graph(f"/{post.id}", town.token(), fields="message")["message"] == "Lunch"
    town.meta.facebook.edit_post(post.id, "Dinner")
    assert graph(f"/{post.id}", town.token(), fields="message")["message"] == "Dinner"
    town.meta.facebook.delete_post(post.id)
    assert graph.code(f"/{post.id}", town.token()) == (100, 33)
    assert graph(f"/{town.page.id}/tagged", town.token())["data"] == []


def test_visitors_posts_stand_in_the_feed_and_not_among_the_pages_own(graph, town):
    visit = town.meta.facebook.post(town.kim, "Hello", on=town.page)
    feed = graph(f"/{town.page.id}/feed", town.token(), fields="from")["data"]
    assert {p["id"]: p["from"]["name"] for p in feed} == {
        visit.id: "Kim Larsen",
        town.post.id: "Kettle & Leaf",
    }
    assert len(graph(f"/{town.page.id}/published_posts", town.token())["data"]) == 1


def test_nobody_has_one_id_in_two_scopes(town):
    things = town.meta.things
    other_page = town.meta.facebook.add_page("Other")
    other_app = things.put(App(id="99", secret="x", name="Other"))
    ids = {
        things.asid(town.app.id, town.kim.id),
        things.asid(other_app.id, town.kim.id),
        things.psid(town.page.id, town.kim.id),
        things.psid(other_page.id, town.kim.id),
        things.igsid(town.shop.id, town.ann.id),
        things.igsid(town.jane.id, town.ann.id),
        town.ann.id,
        town.kim.id,
    }
    assert len(ids) == 8


def test_an_asid_becomes_a_psid_only_within_one_business(graph, town):
    things = town.meta.things
    asid = things.asid(town.app.id, town.kim.id)
    path = f"/{asid}/ids_for_pages"
    assert graph(path, town.app_token, page=town.page.id) == {"data": []}
    town.meta.facebook.comment(town.kim, town.post, "Hello")
    [found] = graph(path, town.app_token, page=town.page.id)["data"]
    assert found["id"] == things.psid(town.page.id, town.kim.id)
    assert found["page"] == {"name": town.page.name, "id": town.page.id}
    town.change_app(business="another")
    assert graph(path, town.app_token, page=town.page.id) == {"data": []}


def test_a_psid_becomes_an_asid_for_people_of_the_app(graph, town):
    things = town.meta.things
    psid = things.psid(town.page.id, town.kim.id)
    path = f"/{psid}/ids_for_apps"
    assert graph(path, town.token(), app=town.app.id) == {"data": []}
    town.user(person=town.kim)
    [found] = graph(path, town.token(), app=town.app.id)["data"]
    assert found["id"] == things.asid(town.app.id, town.kim.id)


def test_a_strangers_id_of_another_scope_is_nobody(graph, town):
    asid = town.meta.things.asid(town.app.id, town.kim.id)
    assert graph.code(f"/{asid}", town.token()) == (100, 33)


def test_an_app_is_subscribed_with_the_pages_token(graph, town):
    path, token = f"/{town.page.id}/subscribed_apps", town.token()
    assert graph.code(path, town.user())[0] == 210
    assert graph.raw(path, token, "POST").json()["error"]["code"] == 100
    wrong = graph.raw(path, token, "POST", subscribed_fields="feed,nonsense")
    assert "subscribed_fields[1]" in wrong.json()["error"]["message"]
    lacking = town.token("pages_messaging")
    refused = graph.raw(path, lacking, "POST", subscribed_fields="messages")
    assert refused.json()["error"]["code"] == 200
    done = graph.raw(path, token, "POST", subscribed_fields='["feed","mention"]')
    assert done.json() == {"success": True}
    [app] = graph(path, token)["data"]
    assert (app["id"], app["subscribed_fields"]) == (town.app.id, ["feed", "mention"])
    assert graph.raw(path, token, "DELETE").json() == {"success": True}
    assert graph(path, token) == {"data": []}


@pytest.mark.parametrize("permission", ["pages_manage_metadata", "pages_show_list"])
def test_subscribing_wants_its_permissions(graph, town, permission):
    refused = graph.raw(
        f"/{town.page.id}/subscribed_apps", town.token(permission), "POST", subscribed_fields="feed"
    )
    assert refused.json()["error"]["code"] == 200


def test_somebody_takes_the_app_away(graph, town):
    user = town.user()
    found = graph("/me/permissions", user)["data"]
    assert {"permission": "pages_show_list", "status": "granted"} in found
    assert graph.raw("/me/permissions", user, "DELETE").json() == {"success": True}
    assert graph.code("/me", user) == (190, 458)
