"""Draws the pictures of the sandbox: pleasant, and always the same for the same seed."""

import colorsys
import io
import math
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

MOST_PIXELS: Final = 4096
"""Longest side that is drawn; a recording may claim more."""


def draw(seed: str, width: int, height: int) -> bytes:
    """Draw a picture as JPEG of exactly this size, at most 4096 pixels a side."""
    width, height = (max(1, min(side, MOST_PIXELS)) for side in (width, height))
    return _drawn(seed, width, height)


def draw_scene(name: str, *, seed: str, hue: float, width: int, height: int) -> bytes:
    """Draw a chosen scene (``hills cup leaves rings shelf``) in a chosen colour (hue, 0 to 1)."""
    dice = random.Random(seed)  # noqa: S311 - a picture, no secret
    return _painted(_SCENES[name], hue, dice, width, height)


@lru_cache(maxsize=64)
def _drawn(seed: str, width: int, height: int) -> bytes:
    dice = random.Random(seed)  # noqa: S311 - a picture, no secret
    hue = dice.random()
    name = dice.choices(list(_SCENES), weights=_OFTEN)[0]
    return _painted(_SCENES[name], hue, dice, width, height)


def _painted(scene: "Scene", hue: float, dice: random.Random, width: int, height: int) -> bytes:
    scale = 900 / max(width, height)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    image = scene(_sky(size, hue, dice), hue, dice)
    out = io.BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(out, "JPEG", quality=84)
    return out.getvalue()


def _colour(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _sky(size: tuple[int, int], hue: float, dice: random.Random) -> Image.Image:
    """Make a soft background that goes from one colour to its neighbour."""
    top = _colour(hue, 0.87, 0.6)
    bottom = _colour(hue + dice.uniform(0.06, 0.16), 0.7, 0.48)
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    return strip.resize(size, Image.Resampling.BICUBIC)


def _hills(image: Image.Image, hue: float, dice: random.Random) -> Image.Image:
    width, height = image.size
    brush = ImageDraw.Draw(image)
    sun = min(width, height) * dice.uniform(0.1, 0.16)
    x, y = width * dice.uniform(0.2, 0.8), height * dice.uniform(0.16, 0.34)
    brush.ellipse((x - sun, y - sun, x + sun, y + sun), fill=_colour(hue + 0.1, 0.94, 0.9))
    for layer in range(4):
        base = height * (0.48 + layer * 0.13)
        swing, waves = height * dice.uniform(0.04, 0.1), dice.uniform(1.2, 3)
        phase = dice.uniform(0, math.tau)
        ridge = [
            (at, base + swing * math.sin(phase + waves * math.tau * at / width))
            for at in range(0, width + 8, 8)
        ]
        colour = _colour(hue + 0.32 + layer * 0.03, 0.58 - layer * 0.11, 0.42)
        brush.polygon([(0, height), *ridge, (width, height)], fill=colour)
    return image


def _cup(image: Image.Image, hue: float, dice: random.Random) -> Image.Image:
    width, height = image.size
    unit = min(width, height)
    brush = ImageDraw.Draw(image)
    table = height * 0.74
    brush.rectangle((0, table, width, height), fill=_colour(hue + 0.06, 0.42, 0.4))
    mid, rim, deep = width / 2, unit * 0.25, unit * 0.3
    top = table - deep + unit * 0.04
    ware, shade = _colour(hue + 0.5, 0.93, 0.5), _colour(hue + 0.5, 0.78, 0.4)
    saucer = unit * 0.36
    brush.ellipse((mid - saucer, table, mid + saucer, table + unit * 0.12), fill=shade)
    thick = max(4, round(unit * 0.04))
    brush.ellipse(
        (mid + rim * 0.6, top + deep * 0.15, mid + rim * 1.55, top + deep * 0.7),
        outline=ware,
        width=thick,
    )
    brush.chord((mid - rim, top - deep, mid + rim, top + deep), 0, 180, fill=ware)
    brush.ellipse((mid - rim, top - rim * 0.2, mid + rim, top + rim * 0.2), fill=shade)
    tea = rim * 0.86
    brush.ellipse(
        (mid - tea, top - tea * 0.17, mid + tea, top + tea * 0.17), fill=_colour(0.07, 0.4, 0.7)
    )
    return _steam(image, (mid, top), dice)


def _steam(image: Image.Image, at: tuple[float, float], dice: random.Random) -> Image.Image:
    veil = Image.new("L", image.size, 0)
    brush = ImageDraw.Draw(veil)
    unit = min(image.size)
    for number in range(3):
        x = at[0] + (number - 1) * unit * 0.11
        phase = dice.uniform(0, math.tau)
        line = [
            (x + unit * 0.025 * math.sin(phase + step / 6), at[1] - unit * 0.05 - step * unit / 130)
            for step in range(40)
        ]
        brush.line(line, fill=190, width=max(3, unit // 45), joint="curve")
    veil = veil.filter(ImageFilter.GaussianBlur(unit / 110))
    image.paste(Image.new("RGB", image.size, (255, 255, 255)), (0, 0), veil)
    return image


def _leaves(image: Image.Image, hue: float, dice: random.Random) -> Image.Image:
    width, height = image.size
    unit = min(width, height)
    for _ in range(dice.randint(18, 30)):
        length, wide = unit * dice.uniform(0.12, 0.3), unit * dice.uniform(0.05, 0.1)
        leaf = Image.new("RGBA", (round(length) + 2, round(wide) + 2), (0, 0, 0, 0))
        brush = ImageDraw.Draw(leaf)
        colour = _colour(hue + dice.uniform(0.25, 0.45), dice.uniform(0.3, 0.62), 0.5)
        arc = [(length * t / 20, wide / 2 * (1 + math.sin(math.pi * t / 20))) for t in range(21)]
        under = [(length * t / 20, wide / 2 * (1 - math.sin(math.pi * t / 20))) for t in range(21)]
        brush.polygon([*arc, *reversed(under)], fill=(*colour, 235))
        vein = _colour(hue + 0.35, 0.78, 0.4)
        brush.line((0, wide / 2, length, wide / 2), fill=(*vein, 200), width=2)
        turned = leaf.rotate(dice.uniform(0, 360), expand=True, resample=Image.Resampling.BICUBIC)
        place = (
            round(dice.uniform(-0.1, 1) * width - turned.width / 4),
            round(dice.uniform(-0.1, 1) * height - turned.height / 4),
        )
        image.paste(turned, place, turned)
    return image


def _rings(image: Image.Image, hue: float, dice: random.Random) -> Image.Image:
    width, height = image.size
    unit = min(width, height)
    brush = ImageDraw.Draw(image)
    for _ in range(dice.randint(5, 8)):
        x, y = dice.uniform(0, 1) * width, dice.uniform(0, 1) * height
        turn, most = dice.uniform(-0.12, 0.5), dice.uniform(0.1, 0.34)
        for step in range(5, 0, -1):
            radius = unit * most * step / 5
            colour = _colour(hue + turn, 0.4 + 0.09 * step, 0.62)
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


def _shelf(image: Image.Image, hue: float, dice: random.Random) -> Image.Image:
    width, height = image.size
    brush = ImageDraw.Draw(image)
    for row in (0.36, 0.66, 0.96):
        board = height * row
        x = width * 0.06
        while x < width * 0.88:
            wide, tall = width * dice.uniform(0.05, 0.11), height * dice.uniform(0.11, 0.22)
            colour = _colour(hue + dice.uniform(-0.2, 0.5), dice.uniform(0.4, 0.72), 0.5)
            box = (x, board - tall, x + wide, board)
            brush.rounded_rectangle(box, radius=wide * 0.18, fill=colour)
            label = (x + wide * 0.16, board - tall * 0.66, x + wide * 0.84, board - tall * 0.3)
            brush.rounded_rectangle(label, radius=wide * 0.08, fill=_colour(hue, 0.94, 0.4))
            x += wide + width * dice.uniform(0.008, 0.04)
        brush.rectangle((0, board, width, board + height * 0.022), fill=_colour(0.07, 0.3, 0.42))
    return image


Scene = Callable[[Image.Image, float, random.Random], Image.Image]
_SCENES: Final[dict[str, Scene]] = {
    "hills": _hills,
    "cup": _cup,
    "leaves": _leaves,
    "rings": _rings,
    "shelf": _shelf,
}
_OFTEN: Final = (2, 4, 2, 2, 2)
