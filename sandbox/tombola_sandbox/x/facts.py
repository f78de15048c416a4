"""What search knows of a post: everything that an operator may ask, worked out once."""

from dataclasses import dataclass
from typing import Any

from tombola_sandbox.models import Json, Person, Post
from tombola_sandbox.writing import entities_of, words_of

_BY_PREFIX = {"3": "photo", "7": "video", "13": "video", "16": "animated_gif"}
"""Kinds by prefix of a media key, for recordings that lack the media objects."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One post as operators see it; all texts case folded.

    Attributes:
        text: the whole text, also of long posts.
        words: its words in order.
        tags: hashtags without their sign.
        mentions: usernames without their sign.
        cashtags: without their sign.
        links: addresses, as written and as they lead on.
        media: kinds of what is attached.
        author: username and id of the author; empty where the author is unknown.
        answered: username and id of the person answered.
        refers: kind of reference → id of the other post.
        reposted: usernames of the authors of what was reposted.
        lang: language code.
        conversation: id of the post that began the conversation.
        counts: public metrics.
        verified: the author is.
        placed: it has a place.
    """

    text: str
    words: tuple[str, ...]
    tags: frozenset[str]
    mentions: frozenset[str]
    cashtags: frozenset[str]
    links: tuple[str, ...]
    media: frozenset[str]
    author: frozenset[str]
    answered: frozenset[str]
    refers: dict[str, str]
    reposted: frozenset[str]
    lang: str
    conversation: str
    counts: dict[str, int]
    verified: bool
    placed: bool


class FactBook:
    """Facts of posts, remembered by the post's object; a changed post is another object."""

    def __init__(
        self, people: dict[str, Person], media: dict[str, Json], posts: dict[int, Post]
    ) -> None:
        self._people = people
        self._media = media
        self._posts = posts
        self._known: dict[int, tuple[Post, Facts]] = {}

    def of(self, post: Post) -> Facts:
        """Give the facts of a post."""
        known = self._known.get(post.id)
        if known is None or known[0] is not post:
            known = self._known[post.id] = (post, self._work_out(post))
        return known[1]

    def _work_out(self, post: Post) -> Facts:
        body = post.body
        long = body.get("note_tweet") or {}
        text = str(long.get("text") or post.text)
        entities = _both(body.get("entities"), long.get("entities")) or entities_of(text, {})
        person = self._people.get(post.author_id or "")
        refers = {str(r["type"]): str(r["id"]) for r in body.get("referenced_tweets") or ()}
        return Facts(
            text=text.casefold(),
            words=words_of(text),
            tags=_folded(entities, "hashtags", "tag"),
            mentions=_folded(entities, "mentions", "username"),
            cashtags=_folded(entities, "cashtags", "tag"),
            links=_links(entities),
            media=frozenset(self._kind(key) for key in post.media_keys),
            author=self._names(post.author_id),
            answered=self._names(body.get("in_reply_to_user_id")),
            refers=refers,
            reposted=self._authors_of(refers.get("retweeted")),
            lang=str(body.get("lang") or "").lower(),
            conversation=str(body.get("conversation_id") or post.id),
            counts={k: int(v or 0) for k, v in (body.get("public_metrics") or {}).items()},
            verified=bool(person and person.body.get("verified")),
            placed=bool(body.get("geo")),
        )

    def _kind(self, key: str) -> str:
        media = self._media.get(key)
        return (
            str(media.get("type", ""))
            if media
            else _BY_PREFIX.get(key.split("_", maxsplit=1)[0], "")
        )

    def _names(self, user_id: Any) -> frozenset[str]:
        if user_id is None:
            return frozenset()
        person = self._people.get(str(user_id))
        return frozenset({str(user_id)} | ({person.username.casefold()} if person else set()))

    def _authors_of(self, post_id: str | None) -> frozenset[str]:
        post = self._posts.get(int(post_id)) if post_id else None
        return self._names(post.author_id) if post else frozenset()


def _both(short: Json | None, long: Json | None) -> Json:
    """Put the entities of a post and of its long text together."""
    short, long = short or {}, long or {}
    return {name: [*(short.get(name) or ()), *(long.get(name) or ())] for name in {*short, *long}}


def _folded(entities: Json, kind: str, name: str) -> frozenset[str]:
    return frozenset(str(e.get(name, "")).casefold() for e in entities.get(kind) or ())


def _links(entities: Json) -> tuple[str, ...]:
    names = ("url", "expanded_url", "unwound_url", "display_url")
    return tuple(
        str(link[name]).casefold()
        for link in entities.get("urls") or ()
        for name in names
        if link.get(name)
    )
