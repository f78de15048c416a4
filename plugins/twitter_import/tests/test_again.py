"""Another look at imported posts."""

import pytest

from tombola.api import Kept, OutOfCredit, Retry
from tombola.testing.network import FaultKind
from tombola_sandbox.models import Standing
from tombola_twitter_import.importer import HashtagImporter


def look(ctx, config, *ids):
    kept = [Kept(each) for each in ids]
    return {item.external_id: item for item in HashtagImporter().recheck(ctx, config, kept)}


def test_posts_are_shown_as_they_are_and_gone_ones_are_missing(ctx, config, feed, world):
    here, gone, suspended = feed.post(), feed.post(), feed.post(author="ole")
    world.delete(int(gone))
    world.set_standing(world.person("ole").id, Standing.SUSPENDED)
    found = look(ctx, config, here, gone, suspended)
    assert list(found) == [here]
    assert found[here].media


def test_the_last_version_of_an_edited_post_counts(ctx, config, feed, world):
    first = feed.post("Mine #kettleleaf")
    world.edit(int(first), "Nothing to see")
    found = look(ctx, config, first)
    assert found[first].text.startswith("Nothing to see")
    assert found[first].unfit == "without #kettleleaf"


def test_an_edit_that_keeps_the_hashtag_fits(ctx, config, feed, world):
    first = feed.post("Mine #kettleleaf")
    world.edit(int(first), "Ours #KettleLeaf")
    found = look(ctx, config, first)
    assert found[first].text.startswith("Ours #KettleLeaf")
    assert found[first].unfit == ""


@pytest.mark.parametrize("dialect", ["post", "tweet"])
def test_both_vocabularies_are_spoken(make_ctx, config, feed, world, dialect):
    here, gone = feed.post(), feed.post()
    world.delete(int(gone))
    assert list(look(make_ctx(fields_dialect=dialect), config, here, gone)) == [here]


def test_half_an_answer_is_never_taken_for_gone(ctx, config, feed, network):
    network.faults.break_("/2/tweets", FaultKind.GARBAGE, says=b'{"data": []}')
    with pytest.raises(Retry):
        look(ctx, config, feed.post())


def test_nothing_is_read_that_the_budget_does_not_pay_for(make_ctx, config, feed):
    ctx = make_ctx(monthly_budget_usd=0.001)
    with pytest.raises(OutOfCredit):
        look(ctx, config, feed.post())
