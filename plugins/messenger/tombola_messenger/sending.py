"""One message to one person: its shape by the way it goes, and what became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tombola.api import (
    Account,
    Ctx,
    HttpFailed,
    HttpRefused,
    HttpResponse,
    Message,
    Purpose,
    Recipient,
    Rejected,
    Retry,
    Sent,
    Throttled,
    Unreachable,
)
from tombola_messenger import answers, client, errors, wordings
from tombola_messenger.standing import Standing
from tombola_messenger.ways import ONE_TIME, REPLY, UTILITY, Way
from tombola_meta.errors import LONG_PAUSE, Problem, error_from, is_error, problem_from
from tombola_meta.graph import SUCCESS
from tombola_meta.reading import mapping, parsed, text
from tombola_meta.settings import settings_of

#: Name under which a person's token of One-Time Notification is kept.
ONE_TIME_GRANT: Final = "one_time"

#: Characters of a tapped answer and of a question of One-Time Notification.
#: Source: Messenger Platform, “Quick Replies”, “One-Time Notification”, read 2026-11-21.
ANSWER_MAX: Final = 20
ONE_TIME_TITLE_MAX: Final = 65

#: What something before Meta answers, or an address that is wrong: it is nobody's fault here.
SETTINGS: Final = frozenset({404, 410})

#: From here on a trouble is the server's, and says nothing about the message.
SERVER: Final = 500

_RESTING: Final = "resting:"
_AWAY: Final = "away:"
#: Times that a person may be away before nothing more is sent to them, and for how long that is
#: remembered. Source: recorded answers of production clients, 551; the figures are ours.
AWAY_MAX: Final = 3
AWAY_KEPT: Final = timedelta(days=3)


def body_of(
    way: Way, person: str, to: Recipient, message: Message, known: Standing, *, one_time: bool
) -> dict[str, Any]:
    """Give the call's body.

    Args:
        way: by which it goes.
        person: the id that the page has for them.
        to: who it is for.
        message: what is said.
        known: the page's templates.
        one_time: One-Time Notification is switched on.
    """
    body: dict[str, Any] = {"recipient": {"id": person}, "messaging_type": way.messaging_type}
    if way.tag is not None:
        body["tag"] = way.tag
    if way is UTILITY:
        return body | {"message": {"template": _template(message, known)}}
    if way is ONE_TIME:
        token = to.grants[ONE_TIME_GRANT].value
        return {"recipient": {"one_time_notif_token": token}, "message": {"text": message.text}}
    asks_once = one_time and way is REPLY and message.purpose is Purpose.INTEREST
    if asks_once and len(message.text) <= ONE_TIME_TITLE_MAX and ONE_TIME_GRANT not in to.grants:
        return body | {"message": {"attachment": _one_time(message)}}
    return body | {"message": _plain(message)}


def _plain(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"text": message.text}
    if message.tag:
        # Comes back to every app that hears the page's own messages, a chat bot among them.
        said["metadata"] = message.tag
    if message.question is not None and message.campaign_id is not None:
        both = ((message.question.yes, True), (message.question.no, False))
        said["quick_replies"] = [
            {
                "content_type": "text",
                "title": label[:ANSWER_MAX],
                "payload": answers.payload(message.purpose, message.campaign_id, yes=yes),
            }
            for label, yes in both
        ]
    return said


def _one_time(message: Message) -> dict[str, Any]:
    payload = answers.payload(message.purpose, message.campaign_id or "", yes=True)
    asked = {"template_type": "one_time_notif_req", "title": message.text, "payload": payload}
    return {"type": "template", "payload": asked}


def _template(message: Message, known: Standing) -> Mapping[str, Any]:
    languages = known.approved[message.purpose]
    wanted = (message.locale.partition("-")[0], "en")
    language = next((each for each in wanted if each in languages), languages[0])
    return wordings.filled(wordings.name_of(message.purpose), language, message.values)


def deliver(
    ctx: Ctx, page: Account, person: str, body: Mapping[str, Any], way: Way
) -> Sent | errors.Outcome:
    """Send, and say what became of it.

    Raises:
        FetchError: nothing was sent.
        HttpFailed: nobody knows.
    """
    _let_rest(ctx, page.uid)
    try:
        answer = client.send(ctx, page, body)
    except HttpRefused as error:
        raise Retry(LONG_PAUSE, f"Messenger may not be asked from here: {error}") from None
    said = _said(answer)
    if answer.status in SUCCESS and not is_error(said):
        mid = text(mapping(said).get("message_id"))
        if mid is None:
            raise HttpFailed("Messenger's answer names no message")
        _forget(ctx, _RESTING + page.uid, _AWAY + person)
        return Sent(mid, used=(ONE_TIME_GRANT,) if way is ONE_TIME else ())
    problem = problem_from(answer.status, said, *settings_of(ctx).secrets)
    return _judged(ctx, page.uid, person, problem, answer)


def _judged(
    ctx: Ctx, page: str, person: str, problem: Problem, answer: HttpResponse
) -> errors.Outcome:
    ctx.log.info("message_refused", code=problem.code, subcode=problem.subcode, trace=problem.trace)
    if problem.code is None:
        if answer.status >= SERVER or answer.status in SUCCESS:
            raise HttpFailed(f"Messenger answered with status {answer.status} and no reason")
        if answer.status in SETTINGS:
            raise Retry(LONG_PAUSE, f"Messenger cannot be reached (HTTP {answer.status})")
        raise error_from(problem, answer.headers, ctx.now)
    if (problem.code, problem.subcode) == errors.RESTRICTED:
        raise _rest(ctx, page)
    if problem.code == errors.AWAY:
        return _away(ctx, person)
    return errors.outcome(problem, answer.headers, ctx.now)


def _said(answer: HttpResponse) -> Any:
    try:
        return parsed(answer.body)
    except ValueError:
        return None


def _let_rest(ctx: Ctx, page: str) -> None:
    """Leave a page in peace that was told not to send. Raises Throttled."""
    kept = mapping(ctx.kv.get(_RESTING + page))
    until = text(kept.get("until"))
    if until is not None and ctx.now < datetime.fromisoformat(until):
        raise Throttled(errors.PAGE, datetime.fromisoformat(until))


def _rest(ctx: Ctx, page: str) -> Throttled:
    """Remember that a page may not send: for half an hour, and twice as long each time more."""
    kept = mapping(ctx.kv.get(_RESTING + page))
    times = int(kept.get("times") or 0) + 1
    until = ctx.now + errors.rest(times)
    ctx.kv.put(_RESTING + page, {"times": times, "until": until.isoformat()})
    return Throttled(errors.PAGE, until)


def _forget(ctx: Ctx, *keys: str) -> None:
    """Forget troubles that are over; most messages have had none."""
    for key in keys:
        if ctx.kv.get(key) is not None:
            ctx.kv.delete(key)


def _away(ctx: Ctx, person: str) -> Rejected | Unreachable:
    """Try somebody who is away again, and give up when it goes on."""
    times = int(ctx.kv.get(_AWAY + person) or 0) + 1
    ctx.kv.put(_AWAY + person, times, ttl=AWAY_KEPT)
    if times >= AWAY_MAX:
        return Unreachable("Messenger says again and again that this person is not available.")
    return Rejected("away", "Messenger says that this person is not available just now.")
