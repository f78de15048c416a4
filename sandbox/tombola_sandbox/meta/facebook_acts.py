"""What people and pages do at Facebook."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tombola_sandbox.ids import number_from
from tombola_sandbox.meta.hooks import Hooks
from tombola_sandbox.meta.ids import scoped
from tombola_sandbox.meta.models import (
    ALL_TASKS,
    AttachmentKind,
    Comment,
    Page,
    Person,
    Photo,
    Post,
)
from tombola_sandbox.meta.world import MetaWorld

SIZES = ((1080, 810), (810, 1080), (1440, 1080), (960, 960))
STICKER = (320, 320)


class FacebookActs:
    """Everything that happens at Facebook. Webhooks go out by themselves."""

    def __init__(self, world: MetaWorld, hooks: Hooks) -> None:
        self._world = world
        self._hooks = hooks

    def add_person(
        self, name: str, *, email: str = "", locale: str = "en_US", key: str | None = None
    ) -> Person:
        """Let somebody join; ``key`` is the sandbox's own id, made of the name if not given."""
        found = key or "person." + name.casefold().replace(" ", ".")
        address = email or f"{found.removeprefix('person.')}@people.example"
        return self._world.put(Person(id=found, name=name, email=address, locale=locale))

    def add_page(
        self,
        name: str,
        *,
        username: str = "",
        roles: Mapping[str, Iterable[str]] | None = None,
        admin: Person | None = None,
        **more: Any,
    ) -> Page:
        """Open a page; ``admin`` may do everything, ``roles`` are tasks by person."""
        tasks = {person: tuple(given) for person, given in (roles or {}).items()}
        if admin is not None:
            tasks[admin.id] = ALL_TASKS
        page_id = self._world.new_id("page")
        page = Page(id=page_id, name=name, username=username, roles=tasks, **more)
        return self._world.put(page)

    def set_role(self, page: str, person: str, tasks: Sequence[str]) -> None:
        """Give somebody tasks on a page; none takes the role away. Idempotent."""
        found = self._world.one(Page, page)
        roles = {name: given for name, given in found.roles.items() if name != person}
        if tasks:
            roles[person] = tuple(tasks)
        self._world.change(found, roles=roles)

    def post(
        self,
        author: Page | Person,
        message: str = "",
        *,
        photos: int | Sequence[str] = 0,
        on: Page | None = None,
        tags: Iterable[Page] = (),
        at: datetime | None = None,
        tagged_after: Any = None,
        **more: Any,
    ) -> Post:
        """Post on one's own wall, or ``on`` a page.

        Args:
            author: a page or a person.
            message: the text.
            photos: how many pictures the sandbox draws, or what they are drawn from.
            on: the page on whose wall it stands; a page posts on its own.
            tags: pages that it tags.
            at: when; now if not given.
            tagged_after: how much later the tags come, a ``timedelta``.
            more: further attributes of ``Post``.
        """
        at = at or self._world.clock()
        page = on or (author if isinstance(author, Page) else None)
        tagged = at if tagged_after is None else at + tagged_after
        wall = page.id if page else scoped("wall", "", author.id)
        post = Post(
            id=f"{wall}_{self._world.new_id('post')}",
            author=author.id,
            page=page.id if page else None,
            message=message,
            photos=self._photos(photos, page.id if page else None),
            tags={tag.id: tagged for tag in tags},
            created_at=at,
            **more,
        )
        self._world.put(post)
        self._hooks.post(post, "add")
        return post

    def edit_post(self, post_id: str, message: str) -> Post:
        """Write a post anew; it keeps its id."""
        found = self._world.one(Post, post_id)
        changed = self._world.change(found, message=message, edited_at=self._world.clock())
        self._hooks.post(changed, "edited")
        return changed

    def delete_post(self, post_id: str) -> None:
        """Delete a post for good. Idempotent."""
        found = self._world.one(Post, post_id)
        if not found.deleted:
            self._hooks.post(self._world.change(found, deleted=True), "remove")

    def comment(
        self,
        author: Page | Person,
        post: Post | str,
        message: str = "",
        *,
        photo: bool | str = False,
        kind: AttachmentKind = "",
        parent: Comment | None = None,
        at: datetime | None = None,
        likes: int = 0,
    ) -> Comment:
        """Comment on a post, or reply to a comment.

        Args:
            author: a page or a person.
            post: where.
            message: the text; may be empty where something is attached.
            photo: attach a drawn picture, or one drawn from this.
            kind: what is attached instead: a sticker, a film, an animation, a link.
            parent: the comment replied to.
            at: when; now if not given.
            likes: how many.
        """
        post_id = post if isinstance(post, str) else post.id
        where = self._world.one(Post, post_id)
        at = at or self._world.clock()
        attached = kind or ("photo" if photo else "")
        picture = None
        if attached in {"photo", "sticker", "animated_image_share", "video_inline"}:
            seed = photo if isinstance(photo, str) else ""
            picture = self._photo(seed, where.page, STICKER if attached == "sticker" else None).id
        comment = Comment(
            id=f"{post_id.rsplit('_', 1)[-1]}_{self._world.new_id('comment')}",
            post=post_id,
            author=author.id,
            parent=parent.id if parent else None,
            message=message,
            kind=attached,
            photo=picture,
            created_at=at,
            likes=likes,
        )
        self._world.put(comment)
        self._hooks.comment(comment, "add")
        return comment

    def edit_comment(
        self, comment_id: str, message: str | None = None, *, drop_photo: bool = False
    ) -> Comment:
        """Write a comment anew, or take its picture off."""
        found = self._world.one(Comment, comment_id)
        values: dict[str, Any] = {"edited_at": self._world.clock()}
        if message is not None:
            values["message"] = message
        if drop_photo:
            values |= {"kind": "", "photo": None}
        changed = self._world.change(found, **values)
        self._hooks.comment(changed, "edited")
        return changed

    def hide_comment(self, comment_id: str, *, hidden: bool = True) -> None:
        """Hide a comment, or show it again. Idempotent."""
        found = self._world.one(Comment, comment_id)
        if found.hidden != hidden:
            changed = self._world.change(found, hidden=hidden)
            self._hooks.comment(changed, "hide" if hidden else "unhide")

    def delete_comment(self, comment_id: str) -> None:
        """Delete a comment for good. Idempotent."""
        found = self._world.one(Comment, comment_id)
        if not found.deleted:
            self._hooks.comment(self._world.change(found, deleted=True), "remove")

    def _photos(self, wanted: int | Sequence[str], page: str | None) -> tuple[str, ...]:
        seeds = [""] * wanted if isinstance(wanted, int) else wanted
        return tuple(self._photo(seed, page).id for seed in seeds)

    def _photo(self, seed: str, page: str | None, size: tuple[int, int] | None = None) -> Photo:
        photo_id = self._world.new_id("photo")
        width, height = size or SIZES[number_from(photo_id, len(SIZES))]
        photo = Photo(id=photo_id, seed=seed or photo_id, width=width, height=height, page=page)
        return self._world.put(photo)
