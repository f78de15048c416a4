"""The network's two vocabularies for the same things: "tweet" (older) and "post" (newer).

Objects are stored in the older; this file turns an answer into the newer where that was asked.
Source: X OpenAPI 2.167 (new); documentation prose and recordings (old), read 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Dialect(StrEnum):
    """The vocabulary of one request and of its answer."""

    TWEET = "tweet"
    POST = "post"

    @property
    def fields(self) -> str:
        """The parameter that asks for a post's fields."""
        return f"{self.value}.fields"

    @property
    def problems(self) -> str:
        """Where the types of problems are described."""
        host = "api.twitter.com" if self is Dialect.TWEET else "api.x.com"
        return f"https://{host}/2/problems"


NEWER: Final[Mapping[str, str]] = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "non_public_tweet_metrics": "non_public_post_metrics",
}
"""Fields of a post by their older name."""

OLDER: Final[Mapping[str, str]] = {new: old for old, new in NEWER.items()}

USER_NEWER: Final[Mapping[str, str]] = {
    "pinned_tweet_id": "pinned_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
}

USER_OLDER: Final[Mapping[str, str]] = {new: old for old, new in USER_NEWER.items()}

_COMMON = frozenset(
    {
        "article",
        "attachments",
        "card_uri",
        "community_id",
        "context_annotations",
        "conversation_id",
        "created_at",
        "display_text_range",
        "edit_controls",
        "entities",
        "geo",
        "id",
        "in_reply_to_user_id",
        "lang",
        "media_metadata",
        "non_public_metrics",
        "organic_metrics",
        "paid_partnership",
        "possibly_sensitive",
        "promoted_metrics",
        "public_metrics",
        "reply_settings",
        "scopes",
        "source",
        "suggested_source_links",
        "suggested_source_links_with_counts",
        "text",
        "withheld",
    }
)
POST_FIELDS: Final[Mapping[Dialect, frozenset[str]]] = {
    Dialect.TWEET: _COMMON
    | {"author_id", "edit_history_tweet_ids", "note_tweet", "referenced_tweets"},
    Dialect.POST: _COMMON | {"edit_history_post_ids", "note_post", "referenced_posts"},
}
"""The newer enumeration has no ``author_id``: it comes through the expansion of that name."""

MEDIA_FIELDS = frozenset(
    {
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    }
)
_USER_FIELDS = frozenset(
    {
        "affiliation",
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "name",
        "parody",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    }
)
USER_FIELDS: Final[Mapping[Dialect, frozenset[str]]] = {
    Dialect.TWEET: _USER_FIELDS | frozenset(USER_NEWER),
    Dialect.POST: _USER_FIELDS | frozenset(USER_NEWER.values()),
}
PLACE_FIELDS = frozenset(
    {
        "contained_within",
        "country",
        "country_code",
        "full_name",
        "geo",
        "id",
        "name",
        "place_type",
    }
)
POLL_FIELDS = frozenset({"duration_minutes", "end_datetime", "id", "options", "voting_status"})

_BOTH_EXPANSIONS = frozenset(
    {
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_tweet_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "entities.note.mentions.username",
    }
)
EXPANSIONS: Final[Mapping[Dialect, frozenset[str]]] = {
    Dialect.TWEET: _BOTH_EXPANSIONS | {"referenced_tweets.id", "referenced_tweets.id.author_id"},
    Dialect.POST: (_BOTH_EXPANSIONS - {"edit_history_tweet_ids", "attachments.media_source_tweet"})
    | {
        "edit_history_post_ids",
        "attachments.media_source_post",
        "referenced_posts",
        "referenced_posts.id",
        "referenced_posts.id.author_id",
    },
}

DEFAULTS: Final[Mapping[str, frozenset[str]]] = {
    "post": frozenset({"id", "text", "edit_history_tweet_ids"}),
    "user": frozenset({"id", "name", "username"}),
    "media": frozenset({"media_key", "type"}),
    "place": frozenset({"id", "full_name"}),
    "poll": frozenset({"id", "options"}),
}
"""What each object holds when nothing is asked, older names."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer shall hold, older names.

    Attributes:
        dialect: the vocabulary to answer in.
        expansions: as asked, older names.
        fields: kind of object → its fields.
    """

    dialect: Dialect
    expansions: frozenset[str]
    fields: Mapping[str, frozenset[str]]

    def pick(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the asked fields of one object, under the names of the dialect."""
        wanted = self.fields[kind]
        return {self._name(kind, name): value for name, value in body.items() if name in wanted}

    def _name(self, kind: str, name: str) -> str:
        if self.dialect is Dialect.TWEET:
            return name
        return (NEWER if kind == "post" else USER_NEWER).get(name, name)
