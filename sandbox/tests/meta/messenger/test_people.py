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
