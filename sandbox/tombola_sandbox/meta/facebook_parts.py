"""What Facebook's nodes are made of: lists inside, authors, attachments."""

from typing import Any, Final

from tombola_sandbox.meta import errors
from tombola_sandbox.meta.fields import Field
from tombola_sandbox.meta.models import App, Comment, Json, Page, Person, Photo, Post
from tombola_sandbox.meta.pictures import SCALED, address, scaled
from tombola_sandbox.meta.view import KINDS, Ask, Column, View

SITE: Final = "https://www.facebook.com"

_KIND_OF: Final[dict[type[Any], str]] = {
    Person: "User",
    Page: "Page",
    Post: "Post",
    Comment: "Comment",
    Photo: "Photo",
    App: "Application",
}


def edge(work: Any, of: str) -> Column:
    """Make a column that is a list of its own."""

    def read(view: View, thing: Any, asked: Field) -> Any:
        owner = KINDS[_KIND_OF[type(thing)]].identify(view, thing) or thing.id
        return work(view, thing, Ask.inside(owner, asked))

    return Column(read, of)


def own_id(_: View, thing: Any) -> str | None:
    """Give the id under which a thing is kept."""
    return str(thing.id)


def author_of(view: View, author: str, page: str | None, asked: Field) -> Any:
    """Show who wrote something on a page."""
    own_id = view.world.psid(page, author) if page else author
    shown = {"id": own_id, "name": view.world.name(author)}
    if asked.inside is None:
        return shown
    names = {field.name for field in asked.inside} | {"id"}
    return {name: value for name, value in shown.items() if name in names}


def image_of(view: View, photo: Photo, longest: int | None = SCALED) -> Json:
    """Show a copy of a picture, at most as large as ``longest``."""
    width, height = scaled(photo, longest)
    source = address(view.world, view.root, photo, longest=longest)
    return {"image": {"height": height, "width": width, "src": source}}


def target_of(photo: Photo) -> Json:
    """Say where a picture itself is."""
    return {"id": photo.id, "url": f"{SITE}/photo.php?fbid={photo.id}"}


def attached(view: View, photo: Photo, kind: str = "photo") -> Json:
    """Show a picture as it is attached to something."""
    target = target_of(photo)
    return {
        "media_type": "video" if kind.startswith("video") else "photo",
        "type": kind,
        "media": image_of(view, photo),
        "target": target,
        "url": target["url"],
    }


ATTACHMENT: Final = frozenset(
    {"media_type", "type", "media", "target", "url", "title", "description", "subattachments"}
)


def cut(whole: Json, asked: Field) -> Json:
    """Show of an attachment what was asked for."""
    if asked.inside is None:
        return whole
    names = {field.name for field in asked.inside}
    for name in sorted(names - ATTACHMENT):
        raise errors.no_field(name, "StoryAttachment")
    return {name: value for name, value in whole.items() if name in names}
