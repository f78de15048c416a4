"""Who is told of what happens: events for the webhooks of apps.

Here events are made; ``courier.py`` carries them.

Source: Meta, "Webhooks" (Page ``feed`` and ``mention``, Instagram ``comments`` and ``mentions``),
and recorded events; read 2026-11.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from tombola_sandbox.meta.access import MetaAccess
from tombola_sandbox.meta.models import (
    Account,
    App,
    Comment,
    Event,
    Json,
    Media,
    Page,
    Post,
    Remark,
)
from tombola_sandbox.meta.world import MetaWorld

NEEDS_ADVANCED: Final = "instagram_manage_comments"


class Hooks:
    """Makes events for whoever has subscribed."""

    def __init__(self, world: MetaWorld, access: MetaAccess) -> None:
        self._world = world
        self._access = access

    # What happened at Facebook.

    def post(self, post: Post, verb: str) -> None:
        """Something was posted, edited or removed."""
        if post.page is not None:
            self._feed(post, verb)
        for page in post.tags:
            if page != post.page and post.public and verb == "add":
                value: Json = {
                    "item": "post",
                    "verb": "add",
                    "post_id": post.id,
                    "message": post.message,
                    "created_time": _unix(post.created_at),
                }
                self._tell_page(page, "mention", _always(value))

    def _feed(self, post: Post, verb: str) -> None:
        page = str(post.page)
        item = "video" if post.video else "photo" if post.photos else "status"

        def value(app: App) -> Json:
            made: Json = {
                "item": item if post.author == page else "post",
                "verb": verb,
                "post_id": post.id,
                "created_time": _unix(post.created_at),
                **self._sender(app, page, post.author),
            }
            if verb != "remove":
                made |= {"message": post.message, "published": 1}
                if post.photos:
                    made["photo"] = post.photos[0]
            return made

        self._tell_page(page, "feed", value)

    def comment(self, comment: Comment, verb: str) -> None:
        """Somebody commented, or a comment was edited, hidden or removed."""
        post = self._world.one(Post, comment.post)
        if post.page is None:
            return
        page = post.page

        def value(app: App) -> Json:
            made: Json = {
                "item": "comment",
                "verb": verb,
                "comment_id": comment.id,
                "post_id": post.id,
                "parent_id": comment.parent or post.id,
                **self._sender(app, page, comment.author),
                "created_time": _unix(comment.created_at),
            }
            if verb in {"add", "edited"}:
                made["message"] = comment.message
                if comment.kind == "photo":
                    made["photo"] = comment.photo
            return made

        self._tell_page(page, "feed", value)

    def _sender(self, app: App, page: str, author: str) -> Json:
        """Say whose it is, where the app may know."""
        known = "pages_read_user_content" in app.advanced or author in app.roles
        if author != page and not known:
            return {}
        return {"from": {"id": self._world.psid(page, author), "name": self._world.name(author)}}

    # What happened at Instagram.

    def remark(self, remark: Remark, mentioned: Iterable[str]) -> None:
        """Somebody commented: the owner of the media is told, and who is mentioned."""
        media = self._world.one(Media, remark.media)
        author = self._world.one(Account, remark.author)
        if author.private:
            return
        owner = self._world.one(Account, media.account)
        value: Json = {"id": remark.id}
        if remark.parent is not None:
            value["parent_id"] = remark.parent
        value |= {
            "text": remark.text,
            "from": {"id": self._world.igsid(owner.id, author.id), "username": author.username},
            "media": {"id": media.id, "media_product_type": media.product},
        }
        if author.id != owner.id:
            self._tell_account(owner, "comments", value)
        for account in self._named(mentioned):
            if account.id not in {owner.id, author.id}:
                said = {"comment_id": remark.id, "media_id": media.id}
                self._tell_account(account, "mentions", said)

    def mentions_in_caption(self, media: Media, mentioned: Iterable[str]) -> None:
        """Somebody named accounts in a caption."""
        author = self._world.one(Account, media.account)
        if author.private or media.product in {"STORY", "AD"}:
            return
        for account in self._named(mentioned):
            if account.id != author.id:
                self._tell_account(account, "mentions", {"media_id": media.id})

    def _named(self, usernames: Iterable[str]) -> list[Account]:
        wanted = set(usernames)
        if not wanted:
            return []
        every = list(self._world.all(Account).values())
        return [a for a in every if a.professional and a.username.casefold() in wanted]

    # Telling.

    def _tell_page(self, page_id: str, field: str, value: Callable[[App], Json]) -> None:
        page = self._world.get(Page, page_id)
        for app_id, fields in (page.subscriptions if page else {}).items():
            app = self._access.app(app_id)
            if app is not None and field in fields:
                self.tell(app, "page", page_id, field, value(app))

    def _tell_account(self, account: Account, field: str, value: Json) -> None:
        """An account's events go where its page, or the account itself, is subscribed."""
        page = self._world.get(Page, account.page)
        apps = {*(page.subscriptions if page else ()), *account.subscriptions}
        for app_id in sorted(apps):
            app = self._access.app(app_id)
            if app is not None and NEEDS_ADVANCED in app.advanced:
                self.tell(app, "instagram", account.id, field, value)

    def tell(
        self,
        app: App,
        kind: str,
        entry: str,
        field: str,
        value: Json,
        *,
        at: datetime | None = None,
    ) -> None:
        """Tell an application, if it takes such events anywhere.

        Args:
            app: who is told.
            kind: ``page`` or ``instagram``.
            entry: to which page or account it happened.
            field: what it is an event of.
            value: the change, or the event of Messenger.
            at: when it happens, and goes out; now if not given.
        """
        callback = app.callbacks.get(kind)
        if callback is None or field not in callback.fields:
            return
        now = at or self._world.clock()
        event = Event(
            id=self._world.new_id("event"),
            app=app.id,
            object=kind,
            entry=entry,
            field=field,
            value=value,
            at=now,
            next_at=now,
        )
        self._world.put(event)


def _always(value: Json) -> Callable[[App], Json]:
    return lambda _: value


def _unix(at: datetime) -> int:
    return int(at.timestamp())
