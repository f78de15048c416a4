"""What a team configures for a source."""

from typing import Literal

from pydantic import Field

from tombola.api import SourceConfig


class CommentsConfig(SourceConfig):
    """Configuration of one source: the comments under which post.

    ``post`` is an id as the list of the page's own posts gives it (``<page>_<post>``), or an
    address that somebody pasted.
    """

    account: str = Field(
        default="",
        max_length=40,
        title="Page",
        description="The page that reads. Pages are connected under “Connected accounts”.",
    )
    post: str = Field(
        max_length=2_000,
        title="Post",
        description="Choose one of the page's latest posts, or paste the address of a post.",
        json_schema_extra={"options": "remote"},
    )
    replies: Literal["toplevel", "stream"] = Field(
        default="toplevel",
        title="Replies",
        json_schema_extra={
            "labels": {"toplevel": "Comments only", "stream": "Comments, and replies to them"}
        },
    )
