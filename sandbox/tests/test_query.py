import pytest

from tombola_sandbox.world import World
from tombola_sandbox.x.facts import FactBook, Facts
from tombola_sandbox.x.query import QueryError, parse


@pytest.fixture
def facts(world: World):
    book = FactBook(world.people, world.media, world.posts)

    def make(text: str, **more) -> Facts:
        return book.of(world.post("jane", text, **more))

    return make


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("#acme", "Mine! #ACME", True),
        ("#acme", "Mine! #acmeville", False),
        ("#acme", "acme alone", False),
        ("#acme", "x#acme", False),
        ("#café", "un #Café noir", True),
        ("#森", "今日 #森 だ", True),
        ("#2026", "#2026 is no hashtag", False),
        ("acme", "an #acme pot", True),
        ("acme", "acmeville", False),
        ('"tea pot"', "my Tea, pot is empty", True),
        ('"tea pot"', "my pot of tea", False),
        ("@otto", "thanks @Otto!", True),
        ("@otto", "thanks @ottokar", False),
        ("$acme", "buy $ACME", True),
        ("from:jane cup", "my cup", True),
        ("from:@Jane cup", "my cup", True),
        ("from:otto cup", "my cup", False),
        ("🍵", "tea 🍵 time", True),
        ("url:example.com", "see https://example.com/tea", True),
        ("#acme -cat", "#acme dog", True),
        ("#acme -cat", "#acme Cat", False),
        ("#acme (cat OR dog)", "#acme dog", True),
        ("#acme (cat OR dog)", "#acme bird", False),
        ("#a OR #b #c", "#a", True),
        ("#a OR #b #c", "#b", False),
        ("#a OR #b #c", "#b #c", True),
        ("#acme lang:en", "#acme", True),
        ("#acme lang:de", "#acme", False),
        ("#acme has:links", "#acme https://example.com", True),
        ("#acme has:links", "#acme", False),
        ("#acme has:hashtags", "#acme", True),
        ("#acme has:mentions", "#acme", False),
        ("#acme -is:retweet", "#acme", True),
        ("#acme is:reply", "#acme", False),
        ("#acme is:verified", "#acme", False),
        ('"and" #acme', "this and that #acme", True),
    ],
)
def test_query_matches_as_the_network_does(facts, query: str, text: str, found):
    assert parse(query).matches(facts(text)) is found


@pytest.mark.parametrize(
    ("kind", "images", "videos"),
    [("photo", True, False), ("video", False, True), ("animated_gif", False, False)],
)
def test_has_tells_kinds_of_media_apart(facts, kind: str, images, videos):
    post = facts("#acme", photos=1, kind=kind)
    assert parse("#acme has:images").matches(post) is images
    assert parse("#acme has:videos").matches(post) is videos
    assert parse("#acme has:media").matches(post)


def test_references_are_found_by_their_operators(facts, world: World):
    first = world.post("otto", "first")
    reply = facts("#acme", refers={"replied_to": str(first.id)})
    repost = facts("#acme", refers={"retweeted": str(first.id)})
    quote = facts("#acme", refers={"quoted": str(first.id)})
    assert parse("#acme is:reply to:otto").matches(reply)
    assert parse(f"conversation_id:{first.id}").matches(reply)
    assert not parse("#acme -is:retweet").matches(repost)
    assert parse("retweets_of:otto").matches(repost)
    assert parse(f"#acme is:quote quotes_of_post_id:{first.id}").matches(quote)


def test_min_likes_counts(facts):
    post = facts("#acme", public_metrics={"like_count": 7})
    assert parse("#acme min_likes:7").matches(post)
    assert not parse("#acme min_likes:8").matches(post)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "#acme stuff here and more",
            (
                "Ambiguous use of and as a keyword. Use a space to logically join two clauses, "
                'or "and" to find occurrences of and in text (at position 18)'
            ),
        ),
        ("cat or dog", "Ambiguous use of or as a keyword. Use OR to logically join two clauses"),
        ("cat AND dog", "Ambiguous use of and as a keyword."),
        ("has:images", "is/has/lang cannot be used as a standalone operator (at position 1)"),
        ("is:reply lang:en", "is/has/lang cannot be used as a standalone operator"),
        ("#acme OR has:images", "cannot be used as a standalone operator (at position 10)"),
        ("(#acme OR is:reply) lang:en", "cannot be used as a standalone operator"),
        ("#acme has:polls", "Reference to invalid operator 'has:polls'"),
        ("#acme min_faves:3", "Reference to invalid operator 'min_faves:3'"),
        ("#acme near:berlin", "Reference to invalid operator 'near:berlin'"),
        ("-#acme", "Rule must contain at least one positive, non-stopword clause"),
        ("#acme -(cat dog)", "Negation of a grouped clause is not supported (at position 7)"),
        ("(#acme", "missing ')'"),
        ("#acme)", "missing EOF at ')' (at position 6)"),
        ("#acme OR", "no viable alternative"),
        ("OR #acme", "no viable alternative"),
        ("()", "no viable alternative"),
        ('#acme "tea', "missing closing quote"),
    ],
)
def test_query_is_refused_in_the_networks_words(query: str, said: str):
    with pytest.raises(QueryError) as refused:
        parse(query)
    assert str(refused.value).startswith("There were errors processing your request: ")
    assert said in str(refused.value)


def test_every_complaint_is_named():
    with pytest.raises(QueryError) as refused:
        parse("is:retweet has:polls")
    assert "standalone operator (at position 1), Reference to invalid" in str(refused.value)


@pytest.mark.parametrize("query", ["#", "@", "$", "＃", "cup #", "(@ OR cup)"])  # noqa: RUF001
def test_a_sign_alone_is_no_word(query: str):
    with pytest.raises(QueryError, match="no viable alternative at character"):
        parse(query)
