from concurrent.futures import ThreadPoolExecutor


def test_somebody_is_told_about_only_after_they_wrote(graph, town, send, acts):
    town.meta.facebook.comment(town.kim, town.post, "Mine")
    path = f"/{send.psid()}"
    fields = "first_name,last_name,profile_pic"
    assert graph.code(path, send.token, fields=fields) == (100, 33)
    acts.write(town.kim, town.page, "Hello")
    found = graph(path, send.token, fields=fields)
    assert (found["first_name"], found["last_name"], found["id"]) == ("Kim", "Larsen", send.psid())
    assert graph.http.get(found["profile_pic"]).status_code == 200
    assert graph.code(path, town.token("pages_messaging"), fields=fields) == (100, 33)
    assert graph.code(path, town.user(), fields=fields) == (100, 33)
    assert graph.code(path, send.token, fields="email")[0] == 100


def test_writing_to_a_page_makes_the_ids_known_to_each_other(graph, town, send, acts):
    asid = town.meta.things.asid(town.app.id, town.kim.id)
    assert graph(f"/{asid}/ids_for_pages", town.app_token)["data"] == []
    acts.write(town.kim, town.page, "Hello")
    [found] = graph(f"/{asid}/ids_for_pages", town.app_token)["data"]
    assert found["id"] == send.psid()
    town.user(person=town.kim)
    [back] = graph(f"/{send.psid()}/ids_for_apps", send.token)["data"]
    assert back["id"] == asid


def test_what_works_once_works_once_for_many_at_a_time(send, town):
    comment = town.meta.facebook.comment(town.kim, town.post, "Mine")
    body = send.body(recipient={"comment_id": comment.id}, messaging_type=None)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send.raw(body).status_code, range(24)))
    assert sorted(answers) == [200, *(23 * [400])]


def test_many_chats_at_a_time_lose_no_message(town, acts, courier, told, sample):
    people = [town.meta.facebook.add_person(f"Person {n}") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: acts.write(people[n % 8], town.page, str(n)), range(200)))
    courier.deliver()
    said = sorted(int(event["message"]["text"]) for _, event in sample.events)
    assert said == list(range(200))
    mids = {event["message"]["mid"] for _, event in sample.events}
    assert len(mids) == 200
