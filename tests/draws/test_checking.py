"""The verifier as it is served, and the log as a file."""

import json

from tombola.draws import proofs


def test_served_page_checks_a_real_draw_with_the_real_log(quick_hall, page, tmp_path, serve):
    hall = quick_hall
    hall.crowd(9)
    made = hall.drawn()
    proof, log, mine = tmp_path / "draw.json", tmp_path / "log.json", tmp_path / "mine.json"
    proof.write_text(hall.bundle(made))
    with hall.inst.db.read() as conn:
        (own,) = proofs.inclusion(conn, hall.enter("person3"), hall.campaign.id)
    mine.write_text(json.dumps(own.document()))
    address = serve(hall)
    with page.expect_download() as fetched:
        page.goto("about:blank")
        page.evaluate("(to) => { location.href = to; }", f"{address}/draw/log.json")
    fetched.value.save_as(log)
    page.goto(f"{address}/draw/verify")
    page.get_by_label("Proof of the draw").set_input_files(proof)
    page.get_by_label("Published log").set_input_files(log)
    page.get_by_label("Your own private proof").set_input_files(mine)
    page.get_by_label("Commitment noted").fill(made.commitment_hash)
    page.get_by_role("button", name="Check").click()
    page.get_by_role("heading", name="Everything holds").wait_for()
    assert page.get_by_text("Fails").count() == 0
    assert page.get_by_text("Not checked").count() == 0
    assert page.get_by_text(f"You were in with {own.weight} of").count() == 1


def test_pages_are_for_everybody_and_carry_a_strict_policy(quick_hall):
    client = quick_hall.house.client(None)
    answer = client.get("/draw/verify")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.status_code == 200
    assert "unsafe" not in policy
    assert "sha256-" in policy
    assert client.get("/draw/log.json").json == {"kind": "tombola/log/1", "records": []}
