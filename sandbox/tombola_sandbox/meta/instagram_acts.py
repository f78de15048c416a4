"""What people do at Instagram."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta.facebook_acts import SIZES
from tombola_sandbox.meta.hooks import Hooks
from tombola_sandbox.meta.ids import shortcode
from tombola_sandbox.meta.models import Account, AccountKind, Media, Page, Person, Photo, Remark
from tombola_sandbox.meta.world import MetaWorld

MENTION: Final = re.compile(r"(?<![\w@])@([A-Za-z0-9_.]{1,30})")


def mentioned_in(text: str) -> frozenset[str]:
    """Give the usernames after an ``@``, case folded."""
    return frozenset(hit.rstrip(".").casefold() for hit in MENTION.findall(text))


class InstagramActs:
    """Everything that happens at Instagram. Webhooks go out by themselves."""

    def __init__(self, world: MetaWorld, hooks: Hooks) -> None:
        self._world = world
        self._hooks = hooks

    def account(self, username: str) -> Account | None:
        """Find an account by its name, case ignored."""
        wanted = username.casefold().removeprefix("@")
        every = self._world.all(Account).values()
        return next((a for a in list(every) if a.username.casefold() == wanted), None)

    def add_account(
        self,
        username: str,
        name: str = "",
        *,
        kind: AccountKind = "PERSONAL",
        owner: Person | None = None,
        page: Page | None = None,
        **more: Any,
    ) -> Account:
        """Open an account; a professional one may be linked to a page."""
        account = Account(
            id=self._world.new_id("account"),
            username=username,
            name=name or username.title(),
            kind=kind,
            owner=owner.id if owner else None,
            page=page.id if page else None,
            **more,
        )
        return self._world.put(account)

    def rename(self, account_id: str, username: str) -> None:
        """Take another username; the old one is free for somebody else."""
        self._world.change(self._world.one(Account, account_id), username=username)

    def post(
        self,
        account: Account,
        caption: str = "",
        *,
        kind: Literal["IMAGE", "VIDEO", "CAROUSEL_ALBUM"] = "IMAGE",
        album: Sequence[str] | int = (),
        picture: str = "",
        at: datetime | None = None,
        tags: Iterable[Account] = (),
        likes: int | None = None,
        **more: Any,
    ) -> Media:
        """Post something.

        Args:
            account: whose.
            caption: the text.
            kind: an album where ``album`` is given.
            album: how many drawn pictures, or what each is: ``IMAGE`` or ``VIDEO``.
            picture: what the picture is drawn from.
            at: when; now if not given.
            tags: accounts tagged in the picture.
            likes: how many; some if not given.
            more: further attributes of ``Media``, such as ``product`` and ``bare``.
        """
        at = at or self._world.clock()
        media_id = self._world.new_id("media")
        parts = ["IMAGE"] * album if isinstance(album, int) else list(album)
        children = tuple(self._child(account, media_id, part, at).id for part in parts)
        media = Media(
            id=media_id,
            account=account.id,
            at=at,
            caption=caption,
            type="CAROUSEL_ALBUM" if children else kind,
            shortcode=shortcode(media_id),
            picture=None if children else self._photo(picture).id,
            children=children,
            tags=tuple(tag.id for tag in tags),
            likes=number_from(media_id, 90) if likes is None else likes,
            **more,
        )
        self._world.put(media)
        self._hooks.mentions_in_caption(media, mentioned_in(caption))
        return media

    def edit_caption(self, media_id: str, caption: str) -> Media:
        """Write a caption anew; who is mentioned only now is told."""
        found = self._world.one(Media, media_id)
        changed = self._world.change(found, caption=caption)
        self._hooks.mentions_in_caption(
            changed, mentioned_in(caption) - mentioned_in(found.caption)
        )
        return changed

    def delete_media(self, media_id: str) -> None:
        """Delete a post for good; nobody is told. Idempotent."""
        self._world.change(self._world.one(Media, media_id), deleted=True)

    def comment(
        self,
        author: Account,
        media: Media | str,
        text: str,
        *,
        parent: Remark | None = None,
        at: datetime | None = None,
        likes: int = 0,
    ) -> Remark:
        """Comment on something, or reply to a comment."""
        remark = Remark(
            id=self._world.new_id("remark"),
            media=media if isinstance(media, str) else media.id,
            author=author.id,
            at=at or self._world.clock(),
            text=text,
            parent=parent.id if parent else None,
            likes=likes,
        )
        self._world.put(remark)
        self._hooks.remark(remark, mentioned_in(text))
        return remark

    def hide_comment(self, remark_id: str, *, hidden: bool = True) -> None:
        """Hide a comment, or show it again; nobody is told. Idempotent."""
        self._world.change(self._world.one(Remark, remark_id), hidden=hidden)

    def delete_comment(self, remark_id: str) -> None:
        """Delete a comment for good; nobody is told. Idempotent."""
        self._world.change(self._world.one(Remark, remark_id), deleted=True)

    def _child(self, account: Account, parent: str, kind: str, at: datetime) -> Media:
        child_id = self._world.new_id("media")
        child = Media(
            id=child_id,
            account=account.id,
            at=at,
            type="VIDEO" if kind == "VIDEO" else "IMAGE",
            shortcode=shortcode(child_id),
            picture=self._photo("").id,
            parent=parent,
        )
        return self._world.put(child)

    def _photo(self, seed: str) -> Photo:
        photo_id = self._world.new_id("photo")
        width, height = SIZES[number_from(photo_id, len(SIZES))]
        photo = Photo(id=photo_id, seed=seed or photo_id, width=width, height=height)
        return self._world.put(photo)
