"""What a team sets for the action."""

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tombola.api import Config

#: Characters of a message. Source: Messenger Platform, “Send API”, text, read 2026-11-21.
TEXT_MAX = 2_000


class SubscribeConfig(Config):
    """An action “Subscribe on Messenger”: to which page, in which words, and what is answered."""

    account: str = Field(
        min_length=1,
        max_length=40,
        title="Page",
        description="The page whose messages people get. Pages are connected under “Connected "
        "accounts”, by somebody who may answer the page's messages.",
        json_schema_extra={"options": "remote"},
    )
    wording: str = Field(
        default="Get messages about this competition and its result on Messenger. They come "
        "automatically; you can end them at any time by writing STOP.",
        min_length=20,
        max_length=600,
        title="What people subscribe to",
        description="Shown beside the button. Who presses it agrees to exactly this, so say what "
        "you are going to send, and how to end it.",
        json_schema_extra={"format": "textarea"},
    )
    require_auth: bool = Field(
        default=False,
        title="Require auth",
        description="People log in with Facebook before they subscribe. Where Facebook tells who "
        "they are on your page, nobody else can complete it for them.",
    )
    confirmation: str = Field(
        default="",
        max_length=TEXT_MAX,
        title="Confirmation message",
        description="Sent on Messenger as soon as somebody has subscribed, once. You may write "
        "{first_name|friend}, {campaign} and {entries|some}: what stands after the bar is said "
        "where nothing is known. Empty: no message.",
        examples=["Thank you, {first_name|friend}! You are in “{campaign}”."],
        json_schema_extra={"format": "textarea"},
    )
    keyword: str = Field(
        default="",
        max_length=100,
        title="Automation keyword",
        description="Goes with the confirmation, unseen, and to your own chat bot when the "
        "conversation is handed over to it (its App ID is in the plugin's settings).",
        examples=["tea-2026"],
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.keyword.strip() and not self.confirmation.strip():
            words = "The keyword goes with the confirmation message: write one, too."
            raise PydanticCustomError("incomplete", words, {"field": "confirmation"})
        return self
