import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from tombola.testing.network import Network, in_process
from tombola_sandbox.meta.access import DEMO_META_APP, FACEBOOK_SCOPES, PAGE_FEATURE
from tombola_sandbox.meta.models import Account, App, Page, Person, Post
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.world import World

ROOT = "http://meta.example"
BACK = "https://tombola.example/back/meta.facebook"


@pytest.fixture
def meta(world: World) -> Meta:
    meta = world.meta
    meta.things.put(DEMO_META_APP.model_copy(update={"redirect_uris": (BACK,)}))
    return meta


@dataclass(slots=True)
class Town:
    """One page and its people, as most tests need them."""

    meta: Meta
    robin: Person = field(init=False)
    kim: Person = field(init=False)
    page: Page = field(init=False)
    post: Post = field(init=False)
    shop: Account = field(init=False)
    jane: Account = field(init=False)
    ann: Account = field(init=False)

    def __post_init__(self) -> None:
        facebook, instagram = self.meta.facebook, self.meta.instagram
        self.robin = facebook.add_person("Robin Demo")
        self.kim = facebook.add_person("Kim Larsen", locale="de_DE")
        self.page = facebook.add_page(
            "Kettle & Leaf", admin=self.robin, business=DEMO_META_APP.business
        )
        self.post = facebook.post(self.page, "Show us your cup", photos=1)
        self.shop = instagram.add_account("Kettle.Leaf", kind="BUSINESS", page=self.page)
        self.jane = instagram.add_account("jane")
        self.ann = instagram.add_account("ann.pro", kind="MEDIA_CREATOR", owner=self.kim)

    @property
    def app(self) -> App:
        return self.meta.access.demo

    @property
    def app_token(self) -> str:
        return f"{self.app.id}|{self.app.secret}"

    def user(self, *without: str, person: Person | None = None, **more: Any) -> str:
        """Give somebody's token with all permissions but some."""
        scopes = sorted(FACEBOOK_SCOPES - set(without))
        return self.meta.access.give_user_token(
            self.app, person or self.robin, scopes, long_lived=True, **more
        ).id

    def token(self, *without: str) -> str:
        """Give the page's token with all permissions but some."""
        scopes = sorted(FACEBOOK_SCOPES - set(without))
        return self.meta.access.give_page_token(self.app, self.robin, self.page, scopes).id

    def change_app(self, **values: Any) -> None:
        self.meta.things.change(self.app, **values)

    def with_feature(self) -> None:
        self.change_app(features=(*self.app.features, PAGE_FEATURE))


@pytest.fixture
def town(meta: Meta) -> Town:
    return Town(meta)


class Graph:
    """Calls Graph as a client does."""

    def __init__(self, http: httpx2.Client, host: str = "graph.facebook.com") -> None:
        self.http = http
        self.base = f"{ROOT}/{host}/v26.0"

    def raw(self, path: str, token: str | None = None, method: str = "GET", **params: str) -> Any:
        given = {name.removesuffix("_"): value for name, value in params.items()}
        if token is not None:
            given["access_token"] = token
        return self.http.request(method, f"{self.base}{path}", params=given)

    def __call__(self, path: str, token: str | None = None, **params: str) -> Any:
        answer = self.raw(path, token, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def error(self, path: str, token: str | None = None, **params: str) -> Any:
        answer = self.raw(path, token, **params)
        assert answer.status_code != 200, answer.text
        return answer.json()["error"]

    def code(self, path: str, token: str | None = None, **params: str) -> tuple[int, int | None]:
        error = self.error(path, token, **params)
        return error["code"], error.get("error_subcode")

    def pages(self, path: str, token: str, **params: str) -> list[list[Any]]:
        """Follow ``next`` to the end."""
        body = self(path, token, **params)
        found = [body["data"]]
        while url := body.get("paging", {}).get("next"):
            body = self.http.get(url).json()
            found.append(body["data"])
        return found


@pytest.fixture
def http(network: Network, meta: Meta) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=in_process(network), base_url=ROOT) as client:
        yield client


@pytest.fixture
def graph(http: httpx2.Client) -> Graph:
    return Graph(http)


@pytest.fixture
def ig(http: httpx2.Client) -> Graph:
    return Graph(http, "graph.instagram.com")


def proof(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
