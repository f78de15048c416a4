from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tombola_sandbox.x.query import parse
from tombola_twitter_import.config import HashtagConfig, hashtag
from tombola_twitter_import.query import QUERY_MAX, query


def make_query(*tags, **more):
    return query(HashtagConfig(hashtags=tags, **more))


@pytest.mark.parametrize(
    ("built", "expected"),
    [
        (make_query("tea"), "#tea has:images -is:retweet"),
        (make_query("tea", "pot"), "(#tea OR #pot) has:images -is:retweet"),
        (make_query("tea", "pot", match="all"), "#tea #pot has:images -is:retweet"),
        (make_query("tea", photos_only=False), "#tea -is:retweet"),
        (
            make_query("tea", exclude_replies=True, exclude_quotes=True),
            "#tea has:images -is:retweet -is:reply -is:quote",
        ),
        (
            make_query("tea", words=("#win", "@kettle_leaf", "green")),
            '#tea #win @kettle_leaf "green" has:images -is:retweet',
        ),
        (
            make_query("tea", words=("#win", "@kettle_leaf"), words_match="any"),
            "#tea (#win OR @kettle_leaf) has:images -is:retweet",
        ),
        (make_query("tea", words=("and", "OR")), '#tea "and" "OR" has:images -is:retweet'),
    ],
)
def test_query_is_written_as_the_network_wants_it(built, expected):
    assert built == expected


@pytest.mark.parametrize(
    "word", ["两杯茶", "ชา", "two words", 'say "hi"', "#no-tag", "@way_too_long_a_name"]
)
def test_word_that_x_may_cut_otherwise_is_left_to_the_core(word):
    assert make_query("tea", words=(word,)) == "#tea has:images -is:retweet"
    some = make_query("tea", words=("green", word), words_match="any")
    assert some == "#tea has:images -is:retweet"


def test_words_that_do_not_fit_are_left_to_the_core():
    words = tuple(f"{'w' * 30}{n}" for n in "abcdefghijklmnopqrst")
    assert make_query("tea", words=words) == "#tea has:images -is:retweet"


def _is_hashtag(typed):
    try:
        return bool(hashtag(typed))
    except ValueError:
        return False


LETTERS = st.characters(categories=["L", "M", "Nd"], include_characters="_·")
TAGS = st.text(LETTERS, min_size=1, max_size=24).map("a{}".format).filter(_is_hashtag).map(hashtag)
WORDS = st.one_of(
    st.text(max_size=12), TAGS.map("#{}".format), st.sampled_from(["@jane", "OR", "and"])
)


@settings(max_examples=150)
@given(
    tags=st.lists(TAGS, min_size=1, max_size=8),
    words=st.lists(WORDS, max_size=6),
    matches=st.sampled_from(list(product(["any", "all"], repeat=2))),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_query_is_accepted_by_the_networks_grammar_whatever_is_typed(tags, words, matches, flags):
    config = HashtagConfig(
        hashtags=tuple(tags),
        match=matches[0],
        words=tuple(words),
        words_match=matches[1],
        photos_only=flags[0],
        exclude_replies=flags[1],
        exclude_quotes=flags[2],
    )
    built = query(config)
    assume(len(built) <= QUERY_MAX)
    parse(built)


@given(tags=st.lists(TAGS, min_size=1, max_size=8), words=st.lists(WORDS, max_size=20))
def test_required_words_never_make_a_query_too_long(tags, words):
    without = make_query(*tags)
    assume(len(without) <= QUERY_MAX)
    assert len(make_query(*tags, words=tuple(words))) <= QUERY_MAX
