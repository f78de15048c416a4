"""Pictures from outside, drawn anew: what is kept was encoded here, without anything hidden."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from tombola.api import Invalid

#: Formats that are read; SVG is none of them.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
#: Media types to ask the fetcher for.
TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
#: Pixels of the largest picture that is unpacked: 40 million take about 120 MB for a moment.
MAX_PIXELS = 40_000_000
LARGEST_SIDE = 2048
THUMBNAIL_SIDE = 320
QUALITY = 85


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is kept: JPEG without metadata, with a smaller one for lists."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


def redraw(data: bytes) -> Picture:
    """Decode, turn upright, shrink and encode anew; only the first frame of an animation.

    The size is read before anything is unpacked. Runs where a decoder that crashes or is slow
    harms nobody: in a worker's job, never in a page.

    Raises:
        Invalid: not one of FORMATS, broken, or too large.
    """
    try:
        with warnings.catch_warnings(action="error"):
            flat = _decoded(data)
    except Invalid:
        raise
    except Exception as error:  # decoders raise nearly everything about hostile bytes
        raise Invalid({"": f"The picture cannot be read: {type(error).__name__}."}) from error
    flat.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    small = flat.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(_encoded(flat), _encoded(small), flat.width, flat.height)


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise Invalid({"": f"The picture has more than {MAX_PIXELS} pixels."})
        opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
        return _flat(ImageOps.exif_transpose(opened))


def _flat(image: Image.Image) -> Image.Image:
    """Put the picture on white, without palette, transparency and metadata."""
    image.load()
    layer = image.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
