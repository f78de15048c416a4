"""Puts an answer together: posts, what is included beside them, and what is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tombola_sandbox.ids import short_hash
from tombola_sandbox.models import Json, Person, Post, Standing
from tombola_sandbox.world import World
from tombola_sandbox.x import problems
from tombola_sandbox.x.dialect import Asked, Dialect

_ADDRESSES = ("url", "preview_image_url", "profile_image_url", "profile_banner_url")


@dataclass(slots=True)
class _Beside:
    """What is included, by the network's name for the list, by id: everything once."""

    users: dict[str, Json] = field(default_factory=dict)
    media: dict[str, Json] = field(default_factory=dict)
    tweets: dict[str, Json] = field(default_factory=dict)
    places: dict[str, Json] = field(default_factory=dict)
    polls: dict[str, Json] = field(default_factory=dict)

    def lists(self, dialect: Dialect) -> dict[str, list[Json]]:
        """Give the lists that hold something. Their order says nothing about the posts'."""
        posts = "tweets" if dialect is Dialect.TWEET else "posts"
        lists = {
            "users": self.users,
            "media": self.media,
            posts: self.tweets,
            "places": self.places,
            "polls": self.polls,
        }
        return {name: _mixed(found) for name, found in lists.items() if found}


def _mentions(post: Post) -> Sequence[Json]:
    return (post.body.get("entities") or {}).get("mentions") or ()


def _named(post: Post) -> set[str]:
    """Give everything that a post names: people, posts, media, polls, places."""
    body, attached = post.body, post.body.get("attachments") or {}
    place = (body.get("geo") or {}).get("place_id")
    found = [post.author_id, body.get("in_reply_to_user_id"), place]
    found += [*post.media_keys, *(attached.get("poll_ids") or ())]
    found += [name for m in _mentions(post) for name in (m.get("id"), m.get("username"))]
    found += [r["id"] for r in body.get("referenced_tweets") or ()]
    found += body.get("edit_history_tweet_ids") or ()
    return {str(name) for name in found if name is not None}


def _mixed(found: Mapping[str, Json]) -> list[Json]:
    """Give the objects in an order that has nothing to do with the posts', as the network does."""
    return [found[key] for key in sorted(found, key=short_hash)]


class Answer:
    """One answer in the making.

    Attributes:
        users_read: ids of the users in it, which cost money.
        posts_read: ids of the posts in it, which cost money.
    """

    def __init__(self, world: World, asked: Asked, base: str) -> None:
        self._world = world
        self._asked = asked
        self._base = base.rstrip("/")
        self._beside = _Beside()
        self._errors: list[Json] = []
        self.users_read: set[str] = set()
        self.posts_read: set[str] = set()

    def posts(self, posts: Sequence[Post]) -> dict[str, Any]:
        """Give ``data``, ``includes`` and ``errors`` for these posts; no empty list among them."""
        data = [self._post(post) for post in posts]
        for post in posts:
            self._expand(post)
        self._old_complaints(posts)
        body: dict[str, Any] = {}
        if data:
            body["data"] = data
        if lists := self._beside.lists(self._asked.dialect):
            body["includes"] = lists
        if self._errors:
            body["errors"] = self._errors
        return body

    def complain(self, errors: Iterable[Json]) -> None:
        """Add what is missing; the same is said once."""
        self._errors.extend(e for e in errors if e not in self._errors)

    def user(self, person: Person) -> Json:
        """Show one user."""
        self.users_read.add(person.id)
        return self._asked.pick("user", self._here(person.body))

    def _post(self, post: Post) -> Json:
        self.posts_read.add(str(post.id))
        return self._asked.pick("post", post.body)

    def _expand(self, post: Post) -> None:
        wanted = self._asked.expansions
        if "author_id" in wanted:
            self._add_user(post.author_id, "author_id")
        if "in_reply_to_user_id" in wanted:
            self._add_user(post.body.get("in_reply_to_user_id"), "in_reply_to_user_id")
        if "entities.mentions.username" in wanted:
            for mention in _mentions(post):
                self._add_user(mention.get("id"), "entities.mentions.username")
        if "attachments.media_keys" in wanted:
            self._add_media(post)
        if wanted & {"referenced_tweets.id", "referenced_tweets.id.author_id"}:
            self._add_referenced(post)
        self._add_things(post)

    def _add_user(self, user_id: Any, parameter: str) -> None:
        person = self._world.people.get(str(user_id))
        if person is None or person.standing is Standing.PROTECTED:
            return
        if person.standing is Standing.SUSPENDED:
            dialect = self._asked.dialect
            value = person.id if parameter.endswith("_id") else person.username
            parameter = problems.parameter_in(parameter, dialect)
            self.complain([problems.suspended(dialect, parameter, person.id, value)])
            return
        self._beside.users[person.id] = self.user(person)

    def _add_media(self, post: Post) -> None:
        for key in post.media_keys:
            if (media := self._world.media.get(key)) is not None:
                self._beside.media[key] = self._asked.pick("media", self._here(media))

    def _add_referenced(self, post: Post) -> None:
        for reference in post.body.get("referenced_tweets") or ():
            other = self._world.posts.get(int(reference["id"]))
            if other is None or other.deleted:
                self.complain(
                    [self._missing("referenced_tweets.id", str(reference["id"]))]
                    if other is not None
                    else ()
                )
                continue
            self._beside.tweets[str(other.id)] = self._post(other)
            if "referenced_tweets.id.author_id" in self._asked.expansions:
                self._add_user(other.author_id, "referenced_tweets.id.author_id")

    def _add_things(self, post: Post) -> None:
        place = (post.body.get("geo") or {}).get("place_id")
        if "geo.place_id" in self._asked.expansions:
            self._add_thing("place", self._beside.places, place)
        if "attachments.poll_ids" in self._asked.expansions:
            for poll in (post.body.get("attachments") or {}).get("poll_ids") or ():
                self._add_thing("poll", self._beside.polls, poll)

    def _add_thing(self, kind: str, into: dict[str, Json], key: Any) -> None:
        if (thing := self._world.included.get((f"{kind}s", str(key)))) is not None:
            into[thing.key] = self._asked.pick(kind, thing.body)

    def _missing(self, parameter: str, value: str) -> Json:
        found = problems.missing(Dialect.TWEET, "tweet", parameter, value)
        return problems.translated(found, self._asked.dialect)

    def _old_complaints(self, posts: Sequence[Post]) -> None:
        """Repeat what the recorded answers complained of, where it is about these posts."""
        named = set[str]()
        for post in posts:
            named |= _named(post)
            for reference in post.body.get("referenced_tweets") or ():
                if (other := self._world.posts.get(int(reference["id"]))) is not None:
                    named |= _named(other)
        for error in self._world.complaints:
            older = problems.parameter_in(str(error.get("parameter")), Dialect.TWEET)
            subjects = {str(error.get("resource_id")), str(error.get("value"))}
            if older in self._asked.expansions and subjects & named:
                self.complain([problems.translated(error, self._asked.dialect)])

    def _here(self, body: Mapping[str, Any]) -> Json:
        """Turn the sandbox's own paths into addresses at which the caller finds it."""
        shown = dict(body)
        for name in _ADDRESSES:
            if str(shown.get(name, "")).startswith("/"):
                shown[name] = self._base + shown[name]
        return shown
