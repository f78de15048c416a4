"""Pictures of posts and comments at Facebook. Pure.

Source: Meta, Graph API v26.0, “Comment” (attachment), “Page Post” (attachments) and “Photo”
(images); recorded answers; read 2026-11-21.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tombola.api import Media, MediaKind
from tombola_meta.reading import Raw, mapping, number, objects, text, uid

#: Kinds of attachment, in ``type`` and, with other words, in ``media_type``; others carry nothing
#: of the person's own, such as the picture of a page that a link leads to.
KINDS: Final = {
    "photo": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "video_inline": MediaKind.VIDEO,
    "animated_image_share": MediaKind.ANIMATION,
    "animated_image_video": MediaKind.ANIMATION,
}

#: Hosts of Meta's pictures. Source: recorded answers, read 2026-11-21.
HOSTS: Final = (".fbcdn.net", ".cdninstagram.com")


def media_from(attachments: Any) -> Sequence[Media]:
    """Give the media of ``attachments`` (a post's) or of an ``attachment`` (a comment's).

    An album's pictures stand one level deeper; its own one repeats the first of them.
    """
    listed = mapping(attachments).get("data")
    top = objects(listed) if isinstance(listed, list) else iter((mapping(attachments),))
    found = [each for attachment in top for each in _media(attachment)]
    return list({each.key or each.url: each for each in found}.values())


def largest(photo: Raw) -> Media | None:
    """Give a photo's largest picture, from ``images{source,width,height}``."""
    images = [each for each in objects(photo.get("images")) if text(each.get("source"))]
    if not images:
        return None
    best = max(images, key=lambda each: number(each.get("width")) or 0)
    return Media(
        MediaKind.PHOTO,
        url=text(best.get("source")),
        key=uid(photo.get("id")),
        width=_size(best.get("width")),
        height=_size(best.get("height")),
        alt=text(photo.get("alt_text")) or "",
    )


def _media(attachment: Raw) -> Iterator[Media]:
    inside = list(objects(mapping(attachment.get("subattachments")).get("data")))
    if inside:
        for each in inside:
            yield from _media(each)
        return
    named = (text(attachment.get("type")), text(attachment.get("media_type")))
    kind = next((KINDS[name] for name in named if name in KINDS), None)
    image = mapping(mapping(attachment.get("media")).get("image"))
    url = text(image.get("src"))
    key = uid(mapping(attachment.get("target")).get("id"))
    if kind is None or (url is None and key is None):
        return
    yield Media(kind, url, key, _size(image.get("width")), _size(image.get("height")))


def _size(value: Any) -> int | None:
    pixels = number(value)
    return int(pixels) if pixels is not None and 0 < pixels < _PIXELS_MAX else None


_PIXELS_MAX: Final = 100_000
