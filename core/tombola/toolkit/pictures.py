"""Pictures from outside, drawn anew: what is kept was encoded here, without anything hidden."""

import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from tombola.api import Invalid

#: Formats that are read; SVG is none of them.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: Media types to ask the fetcher for.
TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
#: How their files begin; WEBP has its length before its name.
#: Source: the formats' specifications.
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
#: Pixels of the largest picture that is unpacked. Of a JPEG, whose decoder shrinks while it reads,
#: cameras make more. Measured at these: PNG and GIF take 170 MB for a moment, JPEG 70, WebP 300.
MAX_PIXELS = 16_000_000
MAX_JPEG_PIXELS = 40_000_000
LARGEST_SIDE = 2048
THUMBNAIL_SIDE = 320
QUALITY = 85

#: One picture at a time: two that are unpacked together would need twice the memory.
_alone = threading.Lock()
#: What is shrunk as it is; other kinds have palettes, or numbers that must not be mixed.
_PLAIN = frozenset({"L", "RGB", "CMYK"})
_LAYERED = frozenset({"LA", "RGBA"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: JPEG without metadata, with a smaller one for lists."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


def kind_of(data: bytes) -> str | None:
    """The media type that a file's first bytes say, one of ``TYPES``; None for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _MAGIC if data.startswith(start)), None)


def redraw(data: bytes) -> Picture:
    """Decode, turn upright, shrink and encode anew; only the first frame of an animation.

    The size is read before anything is unpacked, and one picture is drawn at a time in a process.
    Runs where a decoder that crashes or is slow harms nobody: in a worker's job, never in a page.

    Raises:
        Invalid: not one of FORMATS, broken, or too large.
    """
    with _alone:
        try:
            with warnings.catch_warnings(action="error"):
                flat = _decoded(data)
        except Invalid:
            raise
        except Exception as error:  # decoders raise nearly everything about hostile bytes
            raise Invalid({"": f"The picture cannot be read: {type(error).__name__}."}) from error
        small = flat.copy()
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return Picture(_encoded(flat), _encoded(small), flat.width, flat.height)


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        allowed = MAX_JPEG_PIXELS if opened.format == "JPEG" else MAX_PIXELS
        if opened.width * opened.height > allowed:
            raise Invalid({"": f"The picture has more than {allowed} pixels."})
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        small = _shrunk(opened)
        ImageOps.exif_transpose(small, in_place=True)
        return _flat(small)


def _shrunk(image: Image.Image) -> Image.Image:
    """Shrink before anything else is done, since every step on the whole picture is a copy."""
    image.load()
    kinds, fallback = (_LAYERED, "RGBA") if image.has_transparency_data else (_PLAIN, "RGB")
    whole = image if image.mode in kinds else image.convert(fallback)
    whole.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return whole


def _flat(image: Image.Image) -> Image.Image:
    """Put the picture on white, without palette, transparency and metadata."""
    ground = Image.new("RGB", image.size, "white")
    mask = image.getchannel("A") if image.mode in _LAYERED else None
    ground.paste(image.convert("RGB"), mask=mask)
    return ground


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
