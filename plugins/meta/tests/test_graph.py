import hashlib
import hmac
import json
import traceback
from urllib.parse import parse_qs, urlsplit

import pytest

from tombola.api import CredentialExpired, FetchError, Retry, SourceGone, Throttled
from tombola.testing.network import FaultKind
from tombola_meta.addresses import Host
from tombola_meta.graph import BATCH_MAX, Answer, Graph, place_after

DEAD = {"error": {"message": "Error validating access token", "code": 190, "error_subcode": 463}}
NEXT = "https://graph.example/v26.0/1/feed?access_token=EAAx&limit=2&after=NTAy"


@pytest.fixture
def graph(wall_ctx, token):
    return Graph(wall_ctx, token)


def test_calls_carry_the_token_in_a_header_and_are_signed(graph, wall, token, app_secret):
    wall.says({"id": "1"})
    assert graph.get("/1_2/", {"fields": "id"}).body == {"id": "1"}
    (asked,) = wall.asked
    assert asked.path == "/v26.0/1_2"
    assert asked.headers["authorization"] == f"Bearer {token}"
    proof = hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    assert asked.args.to_dict() == {"fields": "id", "appsecret_proof": proof}
    assert token not in asked.url


def test_other_version_and_address_are_settings(make_wall_ctx, wall, token):
    wall.says({"id": "1"})
    Graph(make_wall_ctx(version="v27.0", graph_url="http://ig.example/graph/"), token).get("1")
    assert wall.asked[0].url.startswith("http://ig.example/graph/v27.0/1?")


def test_instagrams_own_api_is_not_signed(wall_ctx, wall, token):
    wall.says({"id": "1"})
    Graph(wall_ctx, token, Host.INSTAGRAM).get("me")
    assert wall.asked[0].url == "http://ig.example/v26.0/me"


@pytest.mark.parametrize("path", ["../oauth/access_token", "1?access_token=x", "1#x", "1/%2e%2e/2"])
def test_path_cannot_leave_its_place(graph, wall, path):
    wall.says({"id": "1"})
    graph.get(path)
    assert "access_token" not in wall.asked[0].args
    assert urlsplit(wall.asked[0].url).netloc == "graph.example"


def test_form_is_posted(graph, wall):
    wall.says({"success": True})
    assert graph.post("1/subscribed_apps", {"subscribed_fields": "feed"}).body == {"success": True}
    assert wall.forms[0]["subscribed_fields"] == "feed"
    assert "appsecret_proof" in wall.forms[0]


def test_deletion_is_told_to_graph(graph, wall):
    wall.says(b"true")
    assert graph.delete("1/subscribed_apps").body == {"success": True}
    assert (wall.asked[0].method, wall.forms[0]["method"]) == ("POST", "delete")


def test_limits_are_told_with_the_answer(graph, wall):
    wall.says({"data": []}, x_app_usage='{"call_count":50}')
    (seen,) = graph.page("1/feed").limits
    assert (seen.bucket, seen.remaining) == ("meta_app", 50_000)


def test_error_is_one_even_with_status_200(graph, wall):
    wall.says(DEAD, 200)
    with pytest.raises(CredentialExpired, match="expired"):
        graph.get("1")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.SERVER_ERROR, Retry),
        (FaultKind.GARBAGE, Retry),
        (FaultKind.TRUNCATED, Retry),
        (FaultKind.RESET, Retry),
        (FaultKind.HANG, Retry),
        (FaultKind.TOO_MANY, Throttled),
    ],
)
def test_broken_network_is_named(graph, wall, kind, error):
    wall.says({"data": [{"id": "1"}]})
    wall.network.faults.break_("*", kind)
    with pytest.raises(error):
        graph.page("1/feed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"17",
        b'"x"',
        b"<html>",
        b'{"data":',
        b'{"data":{}}',
        b'{"data":"x"}',
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"data":[],"paging":{"next":"https://x.example/"}}',
        b'{"data":[],"paging":{"next":"https://[/"}}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_answer_that_is_no_list_is_tried_again(graph, wall, body):
    wall.says(body)
    with pytest.raises(Retry, match=r"cut off|not what was asked"):
        graph.page("1/feed")


def test_answer_without_end_is_refused(graph, wall):
    wall.says(b'{"data":["' + b"x" * 10_000_001 + b'"]}')
    with pytest.raises(Retry, match="larger than"):
        graph.page("1/feed")


def test_list_keeps_what_it_can_read(graph, wall):
    wall.says({"data": [{"id": 7}, None, "x", {"from": None}], "summary": {"total_count": 9}})
    page = graph.page("1/feed", {"summary": "true"})
    assert page.data == ({"id": "7"}, {"from": None})
    assert page.summary == {"total_count": 9}
    assert page.next is None


def test_list_goes_on_at_its_cursor_and_the_address_with_the_token_is_forgotten(graph, wall):
    wall.says({"data": [], "paging": {"cursors": {"after": "NTAy"}, "next": NEXT}})
    page = graph.page("1/feed", {"limit": "2"})
    assert page.next == {"after": "NTAy"}
    graph.page("1/feed", {"limit": "2"}, page.next)
    assert wall.asked[1].args["after"] == "NTAy"
    assert "EAAx" not in repr(page)


def test_list_ends_where_next_is_missing_whatever_its_cursors_say():
    assert place_after({"cursors": {"before": "a", "after": "b"}}) is None
    assert place_after(None) is None


def test_list_that_is_paged_by_time_goes_on_by_time():
    following = (
        "https://graph.example/v26.0/1/tagged?access_token=EAAx&pretty=0&limit=25"
        "&until=1763632800&__paging_token=enc_A"
    )
    assert place_after({"previous": "https://x", "next": following}) == {
        "until": "1763632800",
        "__paging_token": "enc_A",
    }


def test_constant_cursor_leads_on(graph, wall):
    again = {"cursors": {"after": "same"}, "next": NEXT}
    for number in range(3):
        wall.says({"data": [{"id": str(number)}], "paging": again})
    wall.says({"data": [{"id": "3"}], "paging": {"cursors": {"after": "same"}}})
    assert [each["id"] for each in graph.pages("1/recent_media", most=9)] == ["0", "1", "2", "3"]


def test_short_list_is_bounded(graph, wall):
    wall.says({"data": [{"id": "1"}], "paging": {"cursors": {"after": "a"}, "next": NEXT}})
    assert len(list(graph.pages("1/x", most=4))) == 4


def part(body, code=200, **headers):
    named = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {"code": code, "headers": named, "body": json.dumps(body)}


def test_batch_answers_in_order_each_for_itself(graph, wall, token):
    usage = '{"call_count":50}'
    wall.says([part({"id": "1"}, X_App_Usage=usage), part(DEAD, 400), part({"id": "3"})])
    first, second, third = graph.batch([("1", {"fields": "id"}), ("2", {}), ("3_4/comments", {})])
    assert isinstance(first, Answer)
    assert isinstance(third, Answer)
    assert (first.body["id"], third.body["id"]) == ("1", "3")
    assert first.limits[0].remaining == 50_000
    assert isinstance(second, CredentialExpired)
    sent = json.loads(wall.forms[0]["batch"])
    assert [each["method"] for each in sent] == ["GET"] * 3
    address = urlsplit(sent[0]["relative_url"])
    assert address.path == "v26.0/1"
    assert set(parse_qs(address.query)) == {"fields", "appsecret_proof"}
    assert token not in wall.forms[0]["batch"]


def test_part_that_timed_out_is_asked_for_by_itself(graph, wall):
    wall.says([None, part({"id": "2"})])
    wall.says({"id": "1"})
    first, second = graph.batch([("1", {}), ("2", {})])
    assert (first.body["id"], second.body["id"]) == ("1", "2")
    assert [asked.path for asked in wall.asked] == ["/v26.0/", "/v26.0/1"]


def test_part_that_timed_out_twice_is_an_error_of_its_own(graph, wall):
    wall.says([None, part({"id": "2"})])
    wall.says({"error": {"code": 2, "message": "busy"}}, 500)
    first, second = graph.batch([("1", {}), ("2", {})])
    assert isinstance(first, Retry)
    assert isinstance(second, Answer)


@pytest.mark.parametrize(
    "said", [[], [{}], {"data": []}, "x", [{"code": 200, "body": "x"}] * 3], ids=repr
)
def test_batch_that_answers_something_else_is_tried_again(graph, wall, said):
    wall.says(said)
    with pytest.raises(Retry):
        graph.batch([("1", {}), ("2", {})])


@pytest.mark.parametrize(
    "each",
    [{}, 7, {"code": "200", "body": "{}"}, {"code": 200, "body": {}}, {"code": 200, "body": "["}],
    ids=repr,
)
def test_part_that_is_garbled_spoils_no_other(graph, wall, each):
    wall.says([each, part({"id": "2"})])
    first, second = graph.batch([("1", {}), ("2", {})])
    assert isinstance(first, Retry)
    assert isinstance(second, Answer)


def test_batch_that_is_refused_as_a_whole_is_an_error(graph, wall):
    wall.says(DEAD, 400)
    with pytest.raises(CredentialExpired):
        graph.batch([("1", {})])


def test_batch_has_its_size(graph, wall):
    assert graph.batch([]) == []
    assert wall.asked == []
    with pytest.raises(ValueError, match="at most 50"):
        graph.batch([("1", {})] * (BATCH_MAX + 1))


def test_network_that_is_away_and_one_that_is_forbidden_are_tried_again(make_wall_ctx, token):
    for url, said in (("http://127.0.0.1:9", "asked from here"), ("http://10.0.0.7", "from here")):
        with pytest.raises(Retry, match=said):
            Graph(make_wall_ctx(graph_url=url), token).get("1")


def test_object_that_is_gone_is_said_to_be(graph, wall):
    wall.says({"error": {"code": 100, "error_subcode": 33, "message": "Unsupported get"}}, 400)
    with pytest.raises(SourceGone, match="no longer"):
        graph.get("1")


@pytest.mark.parametrize("kind", [*FaultKind])
def test_no_secret_is_in_errors_tracebacks_log_or_store(
    wall_ctx, wall, graph, token, app_secret, kind
):
    asked = {"input_token": "EAAinput0123456789abcdefgh"}
    leaky = f"token {token} of {app_secret} at {NEXT} was refused"
    wall.says({"error": {"message": leaky, "code": 190, "fbtrace_id": token}}, 400)
    if kind is not FaultKind.SLOW:
        wall.network.faults.break_("*", kind)
    written = ""
    for call in (
        lambda: graph.get("1", asked),
        lambda: graph.page("1"),
        lambda: graph.post("1", {"x": "y"}),
        lambda: graph.batch([("1", {})]),
    ):
        with pytest.raises(FetchError) as caught:
            call()
        written += "".join(traceback.format_exception(caught.value))
    written += f"{wall_ctx.log.lines}{wall_ctx.kv.values}{graph!r}"
    for secret in (token, app_secret, "EAAinput", "EAAx"):
        assert secret not in written
