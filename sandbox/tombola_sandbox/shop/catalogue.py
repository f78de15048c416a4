"""What the shop sells."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tea:
    """One tin.

    Attributes:
        slug: in addresses.
        cents: price in euro cents.
        hue: colour of its picture, 0 to 1.
        scene: what its picture shows.
        notes: three words on how it tastes.
        minutes: how long to steep it.
        degrees: how hot the water is, Celsius.
    """

    slug: str
    name: str
    line: str
    story: str
    cents: int
    hue: float
    scene: str
    notes: tuple[str, str, str]
    minutes: int
    degrees: int


TEAS: Final = (
    Tea(
        "harbour-breakfast",
        "Harbour Breakfast",
        "Strong, malty, up before you are.",
        "We first mixed it for the night shift at the fish market, who wanted a tea that could "
        "stand up to milk, wind and conversation. Two Assams carry it, a spoon of Keemun keeps it "
        "polite.",
        1150,
        0.05,
        "cup",
        ("malt", "toast", "dried fig"),
        4,
        96,
    ),
    Tea(
        "first-flush-terrace",
        "First Flush Terrace",
        "A spring morning above the clouds.",
        "Picked in the last week of March, when the leaves are barely the length of a fingernail. "
        "It smells of cut grass and apricot, and it is gone by summer: we get forty kilos, and "
        "that is that.",
        1690,
        0.22,
        "hills",
        ("apricot", "meadow", "white pepper"),
        3,
        85,
    ),
    Tea(
        "balcony-mint",
        "Balcony Mint",
        "Three mints, nothing else.",
        "Moroccan, apple and chocolate mint, dried slowly so that they keep their green. Good hot, "
        "better iced, best shared with the neighbour whose balcony it grew on.",
        890,
        0.99,
        "leaves",
        ("menthol", "green apple", "cocoa"),
        6,
        98,
    ),
    Tea(
        "smoke-and-orchard",
        "Smoke & Orchard",
        "Pear, bark and a far-away fire.",
        "Black tea smoked over pine, softened with dried pear. People either take one sip or a "
        "second tin. We have never met anybody in between.",
        1390,
        0.95,
        "rings",
        ("pine smoke", "pear", "caramel"),
        4,
        94,
    ),
)
