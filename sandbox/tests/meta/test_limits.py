import json
from datetime import timedelta

import pytest

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_below_one_percent_no_header_tells_the_usage(graph, town):
    answer = graph.raw("/me", town.user())
    assert not {"x-app-usage", "x-business-use-case-usage"} & set(answer.headers)


def test_an_app_has_200_calls_an_hour_for_each_user(graph, town, now):
    town.change_app(users=1)
    user = town.user()
    for _ in range(200):
        answer = graph.raw("/me", user)
    assert json.loads(answer.headers["X-App-Usage"])["call_count"] == 100
    assert graph.code("/me", user)[0] == 4
    assert graph.error("/me", user)["is_transient"] is True
    now.advance(HOUR)
    assert graph("/me", user)


def test_a_person_has_a_limit_of_their_own(graph, town):
    town.meta.usage.quota.user = 2
    first, second = town.user(), town.user(person=town.kim)
    for _ in range(2):
        graph("/me", first)
    assert graph.code("/me", first)[0] == 17
    assert graph("/me", second)


def test_a_page_has_a_limit_with_a_persons_token(graph, town):
    town.meta.usage.quota.page = 2
    user = town.user()
    for _ in range(2):
        graph(f"/{town.page.id}", user)
    assert graph.code(f"/{town.page.id}", user)[0] == 32


def test_an_edge_has_a_limit_of_a_minute(graph, town, now):
    town.meta.usage.quota.edge = 2
    token = town.token()
    path = f"/{town.post.id}/comments"
    for _ in range(2):
        graph(path, token)
    assert graph.code(path, token)[0] == 613
    assert graph(f"/{town.page.id}/feed", token)
    now.advance(timedelta(minutes=1))
    assert graph(path, token)


def test_a_pages_token_counts_against_the_page_and_tells_the_minutes(graph, town, now):
    town.meta.usage.quota.engaged = 1
    token = town.token()
    for _ in range(48):
        answer = graph.raw("/me", token)
    [state] = json.loads(answer.headers["X-Business-Use-Case-Usage"])[town.page.id]
    assert (state["type"], state["call_count"]) == ("pages", 1)
    assert state["estimated_time_to_regain_access"] == 0
    town.meta.usage.quota.engaged = 0
    refused = graph.raw("/me", token)
    assert refused.json()["error"]["code"] == 80001
    [state] = json.loads(refused.headers["X-Business-Use-Case-Usage"])[town.page.id]
    assert state["estimated_time_to_regain_access"] == 24 * 60
    town.meta.usage.quota.engaged = 1
    now.advance(DAY)
    assert graph("/me", token)


@pytest.mark.parametrize("path", ["/{account}", "/ig_hashtag_search"])
def test_calls_about_instagram_count_against_the_account(graph, town, path):
    town.meta.usage.quota.impressions = 0
    town.meta.instagram.post(town.jane, "#tea")
    where = path.format(account=town.shop.id)
    call = {"user_id": town.shop.id, "q": "tea"}
    assert graph.code(where, town.user(), **call)[0] == 80002
