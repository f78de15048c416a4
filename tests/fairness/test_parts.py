"""The parts of the protocol against known values and against slower ways to the same."""

import hashlib
import random
from collections import Counter

import pytest

from tombola.fairness.beacons import CHAINED, LEAGUE, Chain, Round, is_genuine
from tombola.fairness.hashing import canonical, tag
from tombola.fairness.selection import Interval, Listed, seed, select
from tombola.fairness.tree import BLOCK, block, climb, leaf, node, path, root

#: Recorded from the public beacons; each is what their own clients show for this round.
QUICKNET_1000 = (
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125"
    "e342b73a8dd2bacbe47e4b6b63ed5e39"
)
DEFAULT_3311596 = (
    "a696b9409ababce45749c3a4ec369074453dd4a79967734e1390d969c8ad8d98897d217b9121e92c8ddebbddda8d92"
    "f900e3bd6bf9deb166863b1a19390d743f82774001487594c5c09e581db7365f02b70a2c8cc41ce32446ef08e4890c"
    "4754"
)
BEFORE_IT = (
    "8ed588f2a7716fb1349e2d9803da5db0005e98a83783c353d4a08f183236a9ad91d70ddb01266f4b7c576983db464b"
    "430e65680b9e0098552758afd6c1e6afcb77e3f62fe1b93d42d1cb63abbb2205512fe12fbf74ea9c5ac3b8f5c1e283"
    "a1d8"
)


def test_known_order_of_the_protocol():
    weights = [1, 2, 7, 10, 40, 3, 5, 20]
    people = [(letter * 8, weight) for letter, weight in zip("abcdefgh", weights, strict=True)]

    def interval_at(place: int) -> Interval:
        start = 0
        for name, weight in people:
            if place < start + weight:
                return Interval(start, weight, name.encode())
            start += weight
        raise AssertionError(place)

    order = select(hashlib.sha256(b"vector-1").digest(), 88, interval_at, 8)
    assert "".join(chr(one.tag[0]) for one in order) == "ghedcabf"


def test_real_rounds_of_the_public_beacons_are_genuine():
    quick, default = LEAGUE
    shown = Round(1000, bytes.fromhex(QUICKNET_1000))
    assert is_genuine(quick, shown)
    assert shown.value.hex() == "fe290beca10872ef2fb164d2aa4442de4566183ec51c56ff3cd603d930e54fdd"
    assert not is_genuine(quick, Round(1001, shown.signature))
    chained = Round(3311596, bytes.fromhex(DEFAULT_3311596), bytes.fromhex(BEFORE_IT))
    assert default.scheme == CHAINED
    assert is_genuine(default, chained)
    assert chained.value.hex() == "647c07b2abbf7ff2afb4d670214f565e5cd9f9c91bfdcecb59a21f3c78d73920"
    assert not is_genuine(default, Round(3311596, chained.signature))


@pytest.mark.parametrize(
    "signature", ["", "00", "c0" + "0" * 94, "ff" * 48, "ab" * 96, QUICKNET_1000[:-2] + "38"]
)
def test_nonsense_is_no_signature(signature):
    assert not is_genuine(LEAGUE[0], Round(1000, bytes.fromhex(signature)))


def test_round_is_the_first_after_a_moment():
    chain = Chain.model_validate({**LEAGUE[0].model_dump(), "genesis": 1000, "period": 30})
    for seconds, number in ((0, 1), (999, 1), (1000, 2), (1029, 2), (1030, 3)):
        moment = chain.round_at(1).fromtimestamp(seconds, tz=chain.round_at(1).tzinfo)
        assert chain.first_after(moment) == number
        assert chain.round_at(number) > moment


@pytest.mark.parametrize("people", [1, 2, 3, 7, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 5])
def test_stretches_give_the_root_of_the_whole_tree_and_paths_lead_to_it(people):
    rows = sorted((hashlib.sha256(b"%d" % n).digest(), n % 9 + 1) for n in range(people))
    leaves = [(leaf(one, weight), weight) for one, weight in rows]
    plain = list(leaves)
    while len(plain) > 1:
        above = [node(plain[n], plain[n + 1]) for n in range(0, len(plain) - 1, 2)]
        plain = above + plain[len(above) * 2 :]
    parts = [rows[at : at + BLOCK] for at in range(0, people, BLOCK)]
    blocks = [block([r[0] for r in part], [r[1] for r in part]) for part in parts]
    assert root([(one.digest, one.weight) for one in blocks]) == plain[0]
    assert plain[0][1] == sum(weight for _, weight in rows)
    for place in {0, people // 2, people - 1}:
        one, weight = rows[place]
        assert climb(one, weight, path(leaves, place)) == plain[0]


def slowly(seed: bytes, rows: list[tuple[bytes, int]], most: int) -> list[bytes]:
    """The same selection as the protocol says it: a list of tickets, and people taken out of it."""
    import hmac  # noqa: PLC0415 # another way than the one that is tried

    left, k = list(rows), 0
    drawn: list[bytes] = []
    while left and len(drawn) < most:
        tickets = [name for name, weight in left for _ in range(weight)]
        key = b"tombola/draw/1" + k.to_bytes(8, "big")
        number = int(hmac.new(seed, key, hashlib.sha256).hexdigest(), 16)
        k += 1
        if number >= 2**256 - 2**256 % len(tickets):
            continue
        name = tickets[number % len(tickets)]
        drawn.append(name)
        left = [row for row in left if row[0] != name]
    return drawn


def test_selection_equals_the_slow_way_on_many_small_pools():
    dice = random.Random(7)  # noqa: S311 # invents pools
    for n in range(1500):
        size = dice.randint(1, 12)
        names = sorted(hashlib.sha256(b"%d %d" % (n, each)).digest() for each in range(size))
        rows = [(name, dice.choice([1, 1, 2, 5, 30])) for name in names]
        own = hashlib.sha256(b"seed %d" % n).digest()
        listed = Listed(rows)
        order = [one.tag for one in select(own, listed.total, listed.interval_at, size)]
        assert order == slowly(own, rows, size)


#: Critical values of the chi-squared distribution at p = 0.001, by degrees of freedom.
CRITICAL = {1: 10.83, 3: 16.27, 4: 18.47, 9: 27.88, 19: 43.82}
SHAPES = [
    [1] * 10,
    [1, 1, 1, 1, 96],
    [1, 99],
    [3, 5, 7, 11, 13, 17, 19, 23, 29, 31],
    list(range(1, 21)),
    [2**40, 2**40, 2**41, 2**42],
]


@pytest.mark.parametrize("weights", SHAPES, ids=str)
def test_first_place_falls_as_the_tickets_do(weights):
    names = [hashlib.sha256(b"%d" % n).digest() for n in range(len(weights))]
    listed = Listed(zip(names, weights, strict=True))
    rounds = 20_000
    seen: Counter[bytes] = Counter()
    for n in range(rounds):
        own = hashlib.sha256(b"chi %d" % n).digest()
        seen.update(one.tag for one in select(own, listed.total, listed.interval_at, 1))
    squares = 0.0
    for name, weight in zip(names, weights, strict=True):
        expected = rounds * weight / listed.total
        squares += (seen[name] - expected) ** 2 / expected
    assert squares < CRITICAL[len(weights) - 1]


def test_nothing_is_drawn_from_nobody():
    assert list(select(b"x" * 32, 0, Listed().interval_at, 3)) == []


def test_seed_takes_each_part_apart():
    assert seed(b"ab", b"c", []) != seed(b"a", b"bc", [])
    assert seed(b"a" * 32, b"", [b"v"]) != seed(b"a" * 32, b"v", [])


def test_canonical_text_is_what_javascript_writes():
    document = {"b": 'ä\u2028\x7f\x01\n"\\', "a": [True, None, {"d": "1", "c": ""}]}
    assert canonical(document) == (
        '{"a":[true,null,{"c":"","d":"1"}],"b":"ä\u2028\x7f\\u0001\\n\\"\\\\"}'
    )


def test_tag_needs_the_salt():
    assert tag(b"1" * 16, "person") != tag(b"2" * 16, "person")
