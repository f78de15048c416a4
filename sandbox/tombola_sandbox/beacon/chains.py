"""The two beacons: their keys are their own, and worth nothing outside this machine."""

from tombola.testing.beacon import Beacon, mount
from tombola.testing.network import Network

PATH = "/beacons"
GENESIS = 1_767_225_600
"""The first second of 2026."""


def mount_beacons(network: Network) -> None:
    """Serve both, and their list for ``TOMBOLA_BEACONS``.

    Break one with a fault on its path to see a draw wait for it.
    """
    harbour = Beacon(
        "harbour", "Harbour beacon", "Port of Kettle", "bls-unchained-g1-rfc9380", 3, GENESIS
    )
    hill = Beacon("hill", "Hill beacon", "Leaf Observatory", "pedersen-bls-unchained", 5, GENESIS)
    mount(network, PATH, [harbour, hill])
