"""What a team configures for a source, and what operator and team set for their apps on X."""

import unicodedata
from typing import Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic.config import JsonDict

from tombola.api import Config, SourceConfig

#: Beside letters, marks, digits and the underscore, X lets these stand inside a hashtag.
#: Source: X, twitter-text, "hashtagSpecialChars", read 2026-11-21.
ALSO_IN_HASHTAGS: Final = frozenset("_·・\u200c\u200d")

#: Words behind a number in forms.
USD: Final[JsonDict] = {"unit": "USD"}

#: Longer ones cannot be typed into a post of the usual length. Ours.
HASHTAG_MAX: Final = 100


def hashtag(typed: str) -> str:
    """Tidy a hashtag as people type it: no ``#`` in front, no spaces around, NFC.

    Raises:
        ValueError: it cannot be a hashtag on X; the message says why.
    """
    tag = unicodedata.normalize("NFC", typed).strip()
    tag = tag[1:] if tag[:1] in {"#", "\uff03"} else tag
    if not tag:
        raise ValueError("a hashtag is missing")
    if wrong := next((char for char in tag if not _may_stand_in_hashtag(char)), None):
        what = "a space" if wrong.isspace() else f"“{wrong}”"
        raise ValueError(
            f"“{tag}” is no hashtag: it contains {what}. "
            "Letters and digits of any script and _ are possible, without # in front"
        )
    if not any(unicodedata.category(char).startswith("L") for char in tag):
        raise ValueError(f"“{tag}” is no hashtag: X wants at least one letter in it")
    if len(tag) > HASHTAG_MAX:
        raise ValueError(f"“{tag[:20]}…” is longer than {HASHTAG_MAX} characters")
    return tag


def _may_stand_in_hashtag(char: str) -> bool:
    return char in ALSO_IN_HASHTAGS or unicodedata.category(char)[0] in "LM" or char.isdecimal()


class HashtagConfig(SourceConfig):
    """Configuration of one source: which posts are read."""

    hashtags: tuple[str, ...] = Field(
        min_length=1,
        max_length=20,
        title="Hashtags",
        description="Without the # sign. X does not tell capital from small letters.",
        examples=["kettleleaf"],
    )
    match: Literal["any", "all"] = Field(
        default="any",
        title="A post needs",
        description="Any one of the hashtags, or all of them.",
        json_schema_extra={"labels": {"any": "any of the hashtags", "all": "all of the hashtags"}},
    )
    exclude_replies: bool = Field(default=False, title="Leave out replies")
    exclude_quotes: bool = Field(default=False, title="Leave out quotes of other posts")

    @field_validator("hashtags")
    @classmethod
    def _tidy(cls, typed: tuple[str, ...]) -> tuple[str, ...]:
        tags: dict[str, str] = {}
        for tag in map(hashtag, typed):
            tags.setdefault(tag.casefold(), tag)
        return tuple(tags.values())


class OperatorSettings(Config):
    """The operator's app on X, which every team uses that has none of its own.

    Source of the prices: X, "Pricing", post read and user read, read 2026-11-21.
    """

    bearer_token: SecretStr = Field(
        default=SecretStr(""),
        title="Bearer token",
        description="Of your app in X's developer console. It reads posts.",
    )
    api_key: SecretStr = Field(
        default=SecretStr(""),
        title="API key",
        description="Instead of a bearer token: with the API key secret it fetches one.",
    )
    api_secret: SecretStr = Field(default=SecretStr(""), title="API key secret")
    client_id: str = Field(
        default="",
        title="OAuth 2.0 client id",
        description="For “Log in with X”. Register the address of this installation with "
        "/back/twitter_import.x behind it as return address in the console.",
    )
    client_secret: SecretStr = Field(
        default=SecretStr(""),
        title="OAuth 2.0 client secret",
        description="Empty for a public client.",
    )
    monthly_budget_usd: float = Field(
        default=0,
        ge=0,
        title="Monthly budget of a team",
        description="What one team may read with this app in a calendar month (UTC); 0 = no limit.",
        json_schema_extra=USD,
    )
    post_price_usd: float = Field(
        default=0.005, ge=0, title="Price of a post", json_schema_extra=USD
    )
    user_price_usd: float = Field(
        default=0.010, ge=0, title="Price of an author", json_schema_extra=USD
    )
    fields_dialect: Literal["auto", "post", "tweet"] = Field(
        default="auto",
        title="Names of fields",
        description="X renamed tweet.fields to post.fields.",
        json_schema_extra={
            "labels": {
                "auto": "find out which one X takes",
                "post": "post.fields",
                "tweet": "tweet.fields",
            }
        },
    )
    api_url: str = Field(
        default="https://api.x.com",
        pattern=r"^https?://[^\s/?#]+$",
        title="Address of the API",
    )
    site_url: str = Field(
        default="https://x.com",
        pattern=r"^https?://[^\s/?#]+$",
        title="Address of the site",
        description="Where people log in.",
    )


class TeamSettings(Config):
    """A team's own app on X. The names differ, so that two apps are never mixed into one."""

    own_bearer_token: SecretStr = Field(
        default=SecretStr(""),
        title="Bearer token of your own app",
        description="Leave everything empty to use the app of this installation.",
    )
    own_api_key: SecretStr = Field(default=SecretStr(""), title="API key of your own app")
    own_api_secret: SecretStr = Field(default=SecretStr(""), title="API key secret")
    own_client_id: str = Field(default="", title="OAuth 2.0 client id of your own app")
    own_client_secret: SecretStr = Field(default=SecretStr(""), title="OAuth 2.0 client secret")
    own_monthly_budget_usd: float = Field(
        default=0,
        ge=0,
        title="Monthly budget with your own app",
        description="Reading stops until the next month (UTC) when it is used; 0 = no limit.",
        json_schema_extra=USD,
    )
