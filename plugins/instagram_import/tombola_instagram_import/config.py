"""What a team configures for a source."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, field_validator
from pydantic.config import JsonDict

from tombola.api import SourceConfig
from tombola_instagram_import.tags import tidied
from tombola_meta.permalinks import shortcode

Account = Annotated[
    str,
    Field(
        max_length=40,
        title="Account",
        description="A professional Instagram account (business or creator) that is linked to a "
        "Facebook page. It is connected under “Connected accounts”.",
    ),
]
Hashtags = Annotated[tuple[str, ...], AfterValidator(tidied)]

ANY_OR_ALL: Final[JsonDict] = {
    "labels": {"any": "any of the hashtags", "all": "all of the hashtags"}
}

#: Posts whose comments one source reads. Ours: one call asks for all of them.
POSTS_MAX: Final = 25


class HashtagConfig(SourceConfig):
    """Configuration of a source: which posts are read."""

    account: Account = ""
    hashtags: Hashtags = Field(
        min_length=1,
        max_length=30,
        title="Hashtags",
        description="Without the # sign. An account may ask for 30 different ones in seven days.",
        examples=["kettleleaf"],
    )
    match: Literal["any", "all"] = Field(
        default="any",
        title="A post needs",
        description="Any one of the hashtags, or all of them. A hashtag that somebody has put into "
        "a comment of their own, below the post, can be found but not be checked.",
        json_schema_extra=ANY_OR_ALL,
    )
    popular: bool = Field(
        default=False,
        title="Begin with popular posts",
        description="Besides the newest ones, read once those that Instagram finds most popular, "
        "whatever their age.",
    )


class CommentsConfig(SourceConfig):
    """Configuration of a source: which comments on the account's own posts are read."""

    account: Account = ""
    hashtags: Hashtags = Field(
        min_length=1,
        max_length=20,
        title="Hashtags",
        description="Without the # sign. Comments are imported that have them.",
        examples=["kettleleaf"],
    )
    match: Literal["any", "all"] = Field(
        default="any", title="A comment needs", json_schema_extra=ANY_OR_ALL
    )
    posts: tuple[str, ...] = Field(
        default=(),
        max_length=POSTS_MAX,
        title="Posts",
        description=f"Addresses of posts of this account. Empty: its {POSTS_MAX} newest posts.",
        examples=["https://www.instagram.com/p/CAbcdEFGhij/"],
    )
    replies: bool = Field(default=True, title="Replies to comments, too")
    photos_only: bool = Field(
        default=False,
        title="Photos only",
        description="Comments at Instagram have no pictures: leave this off.",
    )

    @field_validator("posts")
    @classmethod
    def _addresses(cls, typed: tuple[str, ...]) -> tuple[str, ...]:
        for each in typed:
            if shortcode(each) is None:
                raise ValueError(f"“{each[:80]}” is no address of a post at Instagram")
        return tuple(dict.fromkeys(each.strip() for each in typed))


class MentionsConfig(SourceConfig):
    """Configuration of a source: where the account has to be mentioned."""

    account: Account = ""
    captions: bool = Field(default=True, title="Posts that mention the account in their text")
    photo_tags: bool = Field(default=True, title="Posts in whose picture the account is tagged")
    comments: bool = Field(
        default=True,
        title="Comments that mention the account",
        description="On other people's posts. Comments have no pictures: they need “Photos only” "
        "switched off.",
    )
