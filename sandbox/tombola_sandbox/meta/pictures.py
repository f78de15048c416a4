"""Addresses of pictures, signed anew at each reading, and what stands there until they expire.

Source: recorded answers: ``oe`` is the end as Unix time in hexadecimal, ``oh`` a signature over
the whole; afterwards the host answers 403 "URL signature expired".
"""

import base64
import hashlib
import hmac
import io
from datetime import UTC, datetime
from typing import Final

from PIL import Image
from werkzeug.wrappers import Request, Response

from tombola.testing.network import Network
from tombola_sandbox.ids import number_from
from tombola_sandbox.meta.models import Photo
from tombola_sandbox.meta.world import MetaWorld
from tombola_sandbox.pictures import draw

FACEBOOK: Final = "scontent.xx.fbcdn.net"
INSTAGRAM: Final = "scontent.cdninstagram.com"
SCALED: Final = 720
"""Longest side of the copy that a comment shows. Source: recorded answers."""

FACE_PX: Final = 50
_FACE: Final = "face"

_KEY: Final = b"the sandbox signs its own pictures"
_FILM: Final = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


def address(
    world: MetaWorld,
    root: str,
    photo: Photo,
    *,
    host: str = FACEBOOK,
    longest: int | None = None,
    film: bool = False,
) -> str:
    """Give an address that works for as long as the world's switch says.

    Args:
        world: the world.
        root: the sandbox's own address.
        photo: which picture.
        host: the picture host whose address it is.
        longest: the longer side in pixels; the whole size if not given.
        film: the film itself and not its picture.
    """
    width, height = scaled(photo, longest)
    name = f"{photo.id}_{width}x{height}_n.{'mp4' if film else 'jpg'}"
    until = world.clock() + world.picture_lives
    end = f"{int(until.timestamp()):08X}"
    return f"{root.rstrip('/')}/{host}/v/{name}?oh={_sign(name, end)}&oe={end}"


def face_of(owner: str) -> Photo:
    """Give the profile picture of a person or a page."""
    name = f"{_FACE}{number_from(f'face {owner}', 10**14)}"
    return Photo(id=name, seed=name, width=FACE_PX, height=FACE_PX)


def scaled(photo: Photo, longest: int | None) -> tuple[int, int]:
    """Give width and height of a copy whose longer side is at most ``longest``."""
    most = max(photo.width, photo.height)
    if longest is None or most <= longest:
        return photo.width, photo.height
    return photo.width * longest // most, photo.height * longest // most


def mount_pictures(network: Network, world: MetaWorld) -> None:
    """Serve the pictures of both networks: no token, an address of its time."""

    def picture(request: Request, name: str) -> Response:
        end = request.args.get("oe", "")
        if not hmac.compare_digest(_sign(name, end), request.args.get("oh", "")):
            return Response("Bad URL hash", 403, content_type="text/plain")
        if world.clock() >= _time(end):
            return Response("URL signature expired", 403, content_type="text/plain")
        if name.endswith(".mp4"):
            return Response(_FILM, content_type="video/mp4")
        photo_id, size, _ = name.split("_", 2)
        photo = world.get(Photo, photo_id)
        if photo is None and photo_id.startswith(_FACE):
            photo = Photo(id=photo_id, seed=photo_id)
        if photo is None:
            return Response("", 404, content_type="text/plain")
        width, height = (int(side) for side in size.split("x"))
        headers = {"Cache-Control": "max-age=1209600, no-transform"}
        drawn = drawing(world, photo, width, height)
        return Response(drawn, headers=headers, content_type="image/jpeg")

    for host in (FACEBOOK, INSTAGRAM):
        network.get(f"/{host}/v/<name>")(picture)


def drawing(world: MetaWorld, photo: Photo, width: int, height: int) -> bytes:
    """Give the JPEG: what somebody sent, or what the sandbox draws."""
    sent = world.uploads.get(photo.seed.removeprefix("upload:"))
    if not photo.seed.startswith("upload:") or sent is None:
        return draw(photo.seed, width, height)
    raw = base64.b64decode(sent)
    with Image.open(io.BytesIO(raw)) as image:
        if image.size == (width, height):
            return raw
        out = io.BytesIO()
        image.convert("RGB").resize((width, height)).save(out, "JPEG", quality=84)
        return out.getvalue()


def _sign(name: str, end: str) -> str:
    made = hmac.new(_KEY, f"{name} {end}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode()[:32]


def _time(end: str) -> datetime:
    return datetime.fromtimestamp(int(end, 16), UTC)
