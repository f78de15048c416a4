"""What exists at Facebook and Instagram, as the sandbox keeps it.

Ids of people and of Instagram accounts here are the sandbox's own and are never answered: each app
and each page has its own id for the same person, see ``ids.py``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

Json = dict[str, Any]

ALL_TASKS: Final = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE")
"""Source: Meta, "Pages API", page tasks, read 2026-11."""


class Thing(BaseModel):
    """One thing; a change makes a new one with the same id."""

    model_config = ConfigDict(frozen=True)

    id: str


class Person(Thing):
    """Somebody with a Facebook account.

    Attributes:
        locale: in which language errors speak to them, such as ``de_DE``.
        gone: has closed the account.
    """

    name: str
    email: str = ""
    locale: str = "en_US"
    gone: bool = False


class Page(Thing):
    """A Facebook page.

    Attributes:
        roles: tasks by the sandbox's id of the person.
        business: the verified business that has claimed it.
        subscriptions: webhook fields by app id.
        primary: the app that has every thread of Messenger that nobody else has; None for all.
    """

    name: str
    username: str = ""
    category: str = "Tea Room"
    about: str = ""
    roles: Mapping[str, tuple[str, ...]] = {}
    business: str | None = None
    subscriptions: Mapping[str, tuple[str, ...]] = {}
    primary: str | None = None


class Photo(Thing):
    """A picture at either network.

    Attributes:
        seed: what it is drawn from; ``upload:`` and a name for one that somebody sent.
        page: on whose page it stands; its moderators may read its sizes.
    """

    seed: str
    width: int = 1080
    height: int = 810
    page: str | None = None


class Post(Thing):
    """A post of a page, or of a person.

    Attributes:
        page: on whose page it stands; None for one on a person's own wall.
        author: the id of the page or the person.
        tags: since when it tags which page.
        public: everybody may see it.
    """

    author: str
    created_at: datetime
    page: str | None = None
    message: str = ""
    photos: tuple[str, ...] = ()
    video: bool = False
    tags: Mapping[str, datetime] = {}
    public: bool = True
    published: bool = True
    deleted: bool = False
    edited_at: datetime | None = None


AttachmentKind = Literal["", "photo", "sticker", "animated_image_share", "video_inline", "share"]


class Comment(Thing):
    """A comment under a post; a reply where it has a parent."""

    post: str
    author: str
    created_at: datetime
    parent: str | None = None
    message: str = ""
    kind: AttachmentKind = ""
    photo: str | None = None
    likes: int = 0
    hidden: bool = False
    deleted: bool = False
    edited_at: datetime | None = None


AccountKind = Literal["PERSONAL", "MEDIA_CREATOR", "BUSINESS"]


class Account(Thing):
    """An Instagram account; its id is the one of professional accounts, ``1784…``.

    Attributes:
        kind: ``PERSONAL``, ``MEDIA_CREATOR`` or ``BUSINESS``.
        owner: the sandbox's id of the person whose it is.
        page: the page that it is linked to.
    """

    username: str
    name: str = ""
    kind: AccountKind = "PERSONAL"
    owner: str | None = None
    page: str | None = None
    private: bool = False
    age_gated: bool = False
    biography: str = ""
    subscriptions: Mapping[str, tuple[str, ...]] = {}

    @property
    def professional(self) -> bool:
        """Whether it can be called and logged in with."""
        return self.kind != "PERSONAL"


class Media(Thing):
    """Something at Instagram.

    Attributes:
        picture: what it shows; an album's are its children's.
        bare: its owner or the music in it forbids copies: no ``media_url``.
        tags: accounts tagged in the picture.
        parent: the album that it is part of.
    """

    account: str
    at: datetime
    shortcode: str
    caption: str = ""
    type: Literal["IMAGE", "VIDEO", "CAROUSEL_ALBUM"] = "IMAGE"
    product: Literal["FEED", "REELS", "STORY", "AD"] = "FEED"
    picture: str | None = None
    children: tuple[str, ...] = ()
    parent: str | None = None
    bare: bool = False
    tags: tuple[str, ...] = ()
    likes: int = 0
    likes_hidden: bool = False
    deleted: bool = False


class Remark(Thing):
    """A comment at Instagram; a reply where it has a parent."""

    media: str
    author: str
    at: datetime
    text: str
    parent: str | None = None
    likes: int = 0
    hidden: bool = False
    deleted: bool = False


class Search(Thing):
    """That an account has asked for a hashtag; ``id`` names both."""

    account: str
    hashtag: str
    at: datetime


class Callback(BaseModel):
    """Where an app takes the events of one kind of object."""

    model_config = ConfigDict(frozen=True)

    url: str
    verify_token: str
    fields: tuple[str, ...]
    verified: bool = False


class App(Thing):
    """An application at Meta.

    Attributes:
        instagram_id: its id for log-ins with Instagram.
        roles: people who develop or test it.
        advanced: permissions with Advanced Access; the others work for ``roles`` alone.
        features: what App Review has approved.
        business: the verified business that has claimed it.
        proof_required: every call must be signed.
        users: people who use it; its calls for an hour are 200 for each.
        configs: permissions by ``config_id`` (Facebook Login for Business).
        callbacks: by object, ``page`` or ``instagram``.
    """

    secret: str
    name: str
    instagram_id: str = ""
    instagram_secret: str = ""
    redirect_uris: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    advanced: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    business: str | None = None
    proof_required: bool = False
    users: int = 50
    configs: Mapping[str, tuple[str, ...]] = {}
    callbacks: Mapping[str, Callback] = {}
    deauthorize_url: str = ""
    deletion_url: str = ""


class Token(Thing):
    """An access token; ``id`` is its text.

    Attributes:
        kind: whose it is.
        person: for whom, or through whose role, it was given.
        pages: which pages the person allowed; None for all.
        expires_at: None for one that does not.
        long_lived: exchanged for 60 days.
        dead: the subcode of error 190, once it works no more.
    """

    kind: Literal["USER", "PAGE", "SYSTEM_USER", "INSTAGRAM"]
    app: str
    scopes: tuple[str, ...]
    issued_at: datetime
    person: str | None = None
    page: str | None = None
    account: str | None = None
    pages: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    long_lived: bool = False
    dead: int | None = None


class Event(Thing):
    """One change that an app is told of.

    Attributes:
        entry: the page or the account to which it happened.
        value: the change; ``photo`` in it is a picture's id until it is sent.
        state: ``waiting`` until the app has answered 200; ``lost`` when it was unsubscribed.
        next_at: when it is tried next.
        failing_since: when it was first tried in vain.
    """

    app: str
    object: str
    entry: str
    field: str
    value: Json
    at: datetime
    next_at: datetime
    state: Literal["waiting", "done", "lost"] = "waiting"
    attempts: int = 0
    failing_since: datetime | None = None
