"""Hands a conversation over to the team's own chat bot, with the action's keyword."""

from typing import Final

from pydantic import BaseModel

from tombola.api import Ctx, Message, PermissionLost, Purpose
from tombola_messenger import client
from tombola_messenger.settings import TeamSettings

#: Key of the job that does it.
HAND_OVER: Final = "messenger.hand_over"


class HandOver(BaseModel):
    """Which conversation, and what the bot is told with it."""

    page: str = ""
    person: str = ""
    keyword: str = ""


def offer(ctx: Ctx, page: str, person: str, message: Message) -> None:
    """Let a job hand over after a confirmation with a keyword, where the team has a bot."""
    wanted = message.purpose is Purpose.CONFIRMATION and message.tag
    if wanted and ctx.settings(TeamSettings).bot_app_id:
        ctx.enqueue(HAND_OVER, HandOver(page=page, person=person, keyword=message.tag or ""))


def hand_over(ctx: Ctx, asked: HandOver) -> None:
    """Do it; raises FetchError to be tried again. Repeatable."""
    bot = ctx.settings(TeamSettings).bot_app_id
    if not bot:
        return
    try:
        client.hand_over(ctx, client.page_of(ctx, asked.page), asked.person, bot, asked.keyword)
    except PermissionLost as error:
        # Said, too, when the bot has the conversation already; trying again changes neither.
        ctx.log.warning("not_handed_over", page=asked.page, why=str(error))
