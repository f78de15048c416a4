import json
from datetime import timedelta

from tombola_sandbox.meta.models import Event

MINUTE = timedelta(minutes=1)


def test_events_come_twice_together_and_in_another_order(told, acts, town, courier, sample, world):
    world.switches.set(meta_doubled=True, meta_reordered=True, meta_batched=True)
    for number in range(8):
        acts.write(town.kim, town.page, str(number))
    deliveries = courier.deliver()
    assert [delivery.events for delivery in deliveries] == [8, 8]
    assert sample.bodies[0] == sample.bodies[1]
    entries = json.loads(sample.bodies[0])["entry"]
    assert [len(entry["messaging"]) for entry in entries] == 8 * [1]
    said = [event["message"]["text"] for _, event in sample.events[:8]]
    assert sorted(said) == [str(n) for n in range(8)]
    assert said != sorted(said)


def test_an_hour_of_failures_unsubscribes_and_one_can_subscribe_again(
    told, acts, town, courier, sample, now, send
):
    sample.status = 500
    acts.write(town.kim, town.page, "Lost")
    for _ in range(8):
        courier.deliver()
        now.advance(10 * MINUTE)
    assert send.raw({}, edge="subscribed_apps", method="GET").json() == {"data": []}
    assert "lost" in {event.state for event in town.meta.things.all(Event).values()}
    sample.status = 200
    send.raw({"subscribed_fields": "messages"}, edge="subscribed_apps")
    acts.write(town.kim, town.page, "Heard")
    courier.deliver()
    assert [event["message"]["text"] for _, event in sample.events] == ["Heard"]


def test_webhooks_can_be_made_to_fail(told, acts, town, courier, sample, world, now):
    world.switches.set(meta_webhooks_fail=True)
    acts.write(town.kim, town.page, "Later")
    assert [d.status for d in courier.deliver()] == [0]
    assert sample.bodies == []
    world.switches.set(meta_webhooks_fail=False)
    now.advance(MINUTE)
    courier.deliver()
    assert len(sample.events) == 1
