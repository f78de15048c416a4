"""The sandbox's network as one WSGI application, for tests in-process and for serving."""

from werkzeug.wrappers import Request, Response

from tombola.testing.network import Clock, Network
from tombola_sandbox.beacon.chains import mount_beacons
from tombola_sandbox.meta.dialog import Dialogs
from tombola_sandbox.meta.graph import Graph
from tombola_sandbox.meta.messenger_link import Links
from tombola_sandbox.meta.pictures import mount_pictures as mount_signed_pictures
from tombola_sandbox.pages import Pages
from tombola_sandbox.pictures import draw
from tombola_sandbox.world import World
from tombola_sandbox.x.api import XApi
from tombola_sandbox.x.intent import XIntent
from tombola_sandbox.x.oauth import XOAuth

ASSETS = "/assets/"
DAY_S = 86_400


def sandbox_app(*, world: World | None = None, clock: Clock | None = None) -> Network:
    """Make the networks: X API v2, its OAuth, its pictures; Meta's Graph API.

    Args:
        world: what exists in it; a new, empty one if not given.
        clock: the time of a new world; not together with ``world``.

    Returns:
        A WSGI application, with ``faults`` to break it and ``calls`` to see what was asked. Mount
        it with ``tombola.testing.network.in_process``.
    """
    if world is None:
        world = World(clock=clock) if clock else World()
    network = Network(clock=world.clock, quiet=(ASSETS, "/favicon", "/intent"))
    XApi(network, world)
    pages = Pages("network")
    XOAuth(network, world, pages)
    XIntent(network, world, pages)
    mount_pictures(network, world)
    mount_meta(network, world, pages)
    mount_beacons(network)
    return network


def mount_meta(network: Network, world: World, pages: Pages) -> None:
    """Put Meta beside X: each of its hosts is the beginning of a path."""
    Graph(network, world.meta)
    Dialogs(network, world.meta, pages)
    Links(network, world.meta, pages)
    mount_signed_pictures(network, world.meta.things)


def mount_pictures(network: Network, world: World) -> None:
    """Serve what posts show, as the network's picture hosts do: no token needed."""

    @network.get("/media/<path:name>")
    def picture(_: Request, name: str) -> Response:
        if (found := world.pictures.get(name)) is None:
            return Response("", 404, content_type="text/plain")
        drawn = draw(found.seed, found.width, found.height)
        headers = {"Cache-Control": f"public, max-age={DAY_S}"}
        return Response(drawn, headers=headers, content_type="image/jpeg")
