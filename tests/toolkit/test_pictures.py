import io
import resource
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from tombola.api import Invalid
from tombola.toolkit.pictures import LARGEST_SIDE, MAX_PIXELS, THUMBNAIL_SIDE, redraw


def encoded(image, kind, **more):
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_of_the_web_become_plain_jpeg(kind):
    picture = redraw(encoded(Image.new("RGB", (600, 400), "red"), kind))
    assert (picture.width, picture.height) == (600, 400)
    again = opened(picture.data)
    assert again.format == "JPEG"
    assert max(opened(picture.thumbnail).size) == THUMBNAIL_SIDE
    red, green, blue = again.convert("RGB").getpixel((10, 10))
    assert red > 200
    assert max(green, blue) < 60


def test_metadata_is_gone_and_the_picture_stands_upright():
    image = Image.new("RGB", (40, 20), "blue")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "canary where I live"
    picture = redraw(encoded(image, "JPEG", exif=exif, comment=b"canary"))
    assert (picture.width, picture.height) == (20, 40)
    assert b"canary" not in picture.data
    assert not opened(picture.data).getexif()


def test_large_pictures_are_made_smaller_and_small_ones_left():
    assert redraw(encoded(Image.new("L", (5000, 100)), "PNG")).width == LARGEST_SIDE
    assert redraw(encoded(Image.new("L", (10, 10)), "PNG")).width == 10


def test_transparency_becomes_white():
    picture = redraw(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"))
    assert opened(picture.data).getpixel((5, 5)) == (255, 255, 255)


def bomb(width, height):
    """A tiny PNG that claims to be huge."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\x00" * 10_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [MAX_PIXELS // 1000 + 1, 30_000, 65_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Invalid):
        redraw(bomb(side, max(side, 1001)))
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 100 * 1024


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html>",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        b"GIF89a" + b"\xff" * 40,
        b"\xff\xd8\xff\xe0" + b"\x00" * 100,
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"BM" + b"\x00" * 60,
    ],
)
def test_what_is_no_picture_of_the_web_is_refused(data):
    with pytest.raises(Invalid):
        redraw(data)


def test_transparency_of_every_kind_becomes_white_and_the_rest_keeps_its_colour():
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    clear, red = (0, 0), (15, 15)
    palette.paste(0, (0, 0, 10, 10))
    layered = palette.convert("RGBA")
    layered.paste((0, 0, 0, 0), (0, 0, 10, 10))
    for data in (
        encoded(palette, "PNG", transparency=0),
        encoded(palette, "GIF", transparency=0),
        encoded(palette.convert("RGB"), "PNG", transparency=(0, 0, 0)),
        encoded(layered, "WEBP", lossless=True),
        encoded(layered.convert("LA"), "PNG"),
    ):
        drawn = opened(redraw(data).data)
        assert min(drawn.getpixel(clear)) > 245
        assert drawn.getpixel(red)[1] < 100


MEASURE = """
import pathlib, resource, sys
from tombola.api import Invalid
from tombola.toolkit.pictures import redraw
data = pathlib.Path(sys.argv[1]).read_bytes()
redraw(pathlib.Path(sys.argv[2]).read_bytes())  # loads the decoder
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(redraw(data).width, end=" ")
except Invalid:
    print("refused", end=" ")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def plain_png(width, height, colour):
    """One colour, without the memory that a library takes to draw it."""
    depth = {2: 3, 3: 1, 6: 4}[colour]
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b"\x00" * (1 + width * depth)) for _ in range(height))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)),
            chunk(b"PLTE", b"\x00\x00\x00\xff\xff\xff") if colour == 3 else b"",
            chunk(b"IDAT", packed + packer.flush()),
            chunk(b"IEND", b""),
        )
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "height", "colour", "outcome", "most_mib"),
    [(8000, 5000, 3, "refused", 10), (4000, 4000, 6, "2048", 210), (4000, 4000, 3, "2048", 210)],
)
def test_memory_for_the_largest_picture_is_bounded(
    tmp_path, width, height, colour, outcome, most_mib
):
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    large.write_bytes(plain_png(width, height, colour))
    small.write_bytes(plain_png(2, 2, colour))
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, large, small], capture_output=True, text=True, check=True
    )
    said, grown_mib = ran.stdout.split()
    assert said == outcome
    assert int(grown_mib) < most_mib


def test_camera_pictures_that_would_be_too_large_unpacked_are_taken():
    data = encoded(Image.new("RGB", (6000, 5000), "red"), "JPEG")
    assert (redraw(data).width, redraw(data).height) == (2048, 1707)


def test_a_truncated_picture_is_refused():
    whole = encoded(Image.effect_noise((300, 300), 80), "PNG")
    with pytest.raises(Invalid):
        redraw(whole[: len(whole) // 2])
