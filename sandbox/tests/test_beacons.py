"""The sandbox's two beacons sign like the real ones, and not before their time."""

from datetime import timedelta

import httpx2
import pytest

from tombola.fairness.beacons import Chain, Round, is_genuine
from tombola.testing.network import in_process

LIST = "/beacons"


@pytest.fixture
def there(network):
    with httpx2.Client(transport=in_process(network), base_url="http://127.0.0.1:8002") as client:
        yield client


def test_list_names_two_operators_and_where_they_answer(there):
    listed = there.get(LIST).json()
    assert len({each["operator"] for each in listed}) == 2
    assert [each["address"] for each in listed] == [
        "http://127.0.0.1:8002/beacons/harbour",
        "http://127.0.0.1:8002/beacons/hill",
    ]


def test_rounds_are_there_on_time_and_never_before(there, now):
    for each in there.get(LIST).json():
        latest = there.get(f"{LIST}/{each['address'].rsplit('/')[-1]}/public/latest").json()
        following = f"{each['address']}/public/{latest['round'] + 1}"
        assert there.get(following).status_code == 404
        now.advance(timedelta(seconds=each["period"]))
        assert there.get(following).json()["round"] == latest["round"] + 1


def test_signature_is_the_same_each_time(there):
    first = there.get(f"{LIST}/hill/public/7").json()
    assert first == there.get(f"{LIST}/hill/public/7").json()
    assert first["round"] == 7
    assert there.get(f"{LIST}/hill/public/0").status_code == 404
    assert there.get(f"{LIST}/nowhere/public/7").status_code == 404


def test_verifier_of_draws_believes_them(there):
    for each in there.get(LIST).json():
        chain = Chain.model_validate(each)
        said = there.get(f"{each['address']}/public/5").json()
        shown = Round(said["round"], bytes.fromhex(said["signature"]))
        assert is_genuine(chain, shown)
        assert shown.value.hex() == said["randomness"]
        assert not is_genuine(chain, Round(6, shown.signature))
