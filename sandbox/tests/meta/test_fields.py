import pytest

from tombola_sandbox.meta.errors import GraphError
from tombola_sandbox.meta.fields import Field, parse, text_of


def test_fields_are_read_with_arguments_and_insides():
    text = "id,from{id,name},comments.limit(2).order(chronological){message,from{name}}"
    found = parse(text)
    assert [field.name for field in found] == ["id", "from", "comments"]
    assert found[2].args == {"limit": "2", "order": "chronological"}
    assert found[2].inside == (Field("message", {}), Field("from", {}, (Field("name", {}),)))
    assert text_of(found) == text


@pytest.mark.parametrize("text", ["id,", "id{", "id{}", "a.b", "a.b(", "{id}", "id name", "a}"])
def test_what_is_not_well_formed_is_refused(text):
    with pytest.raises(GraphError) as caught:
        parse(text)
    assert caught.value.code == 2500


def test_depth_has_an_end():
    with pytest.raises(GraphError):
        parse("a{" * 40 + "b" + "}" * 40)


def test_only_what_was_asked_for_comes_and_the_id(graph, town):
    comment = town.meta.facebook.comment(town.kim, town.post, "Mine", photo=True)
    token = town.token()
    assert graph(f"/{comment.id}", token, fields="message") == {
        "message": "Mine",
        "id": comment.id,
    }
    [shown] = graph(f"/{town.post.id}/comments", token, fields="created_time")["data"]
    assert shown.keys() == {"created_time", "id"}
    [shown] = graph(f"/{town.post.id}/comments", token)["data"]
    assert shown.keys() == {"created_time", "from", "message", "id"}


@pytest.mark.parametrize("edge", ["comments", ""])
def test_an_unknown_field_is_named_with_its_kind_of_node(graph, town, edge):
    comment = town.meta.facebook.comment(town.kim, town.post, "Mine")
    path = f"/{town.post.id}/comments" if edge else f"/{comment.id}"
    error = graph.error(path, town.token(), fields="message,author")
    assert error["message"] == (
        "(#100) Tried accessing nonexisting field (author) on node type (Comment)"
    )
    assert error["code"] == 100


def test_an_unknown_field_is_refused_where_nothing_is_to_be_shown(graph, town):
    assert graph.code(f"/{town.post.id}/comments", town.token(), fields="author")[0] == 100


def test_fields_go_into_lists_with_their_own_limit_and_next(graph, town, http):
    for number in range(3):
        town.meta.facebook.comment(town.kim, town.post, f"no {number}")
    asked = "message,comments.limit(2).order(chronological){message}"
    shown = graph(f"/{town.post.id}", town.token(), fields=asked)
    inside = shown["comments"]
    assert [c["message"] for c in inside["data"]] == ["no 0", "no 1"]
    assert all(c.keys() == {"message", "id"} for c in inside["data"])
    more = http.get(inside["paging"]["next"]).json()
    assert [c["message"] for c in more["data"]] == ["no 2"]
    assert more["data"][0].keys() == {"message", "id"}


def test_times_have_no_colon_in_their_offset(graph, town):
    shown = graph(f"/{town.post.id}", town.token(), fields="created_time")
    assert shown["created_time"] == "2026-11-20T12:00:00+0000"
