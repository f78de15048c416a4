"""What the demo's world holds at Facebook and Instagram when it is new."""

import random
from datetime import timedelta
from typing import Final

from tombola_sandbox.cast import CAST, LINES, TAG, Role
from tombola_sandbox.meta.access import DEMO_VERIFY_TOKEN
from tombola_sandbox.meta.messenger_hooks import FIELDS
from tombola_sandbox.meta.messenger_models import Profile
from tombola_sandbox.meta.models import Account, AccountKind, App, Callback, Page, Person, Token
from tombola_sandbox.meta.realm import Meta
from tombola_sandbox.meta.roots import OBJECTS

LOCALES: Final = {
    "en": "en_GB",
    "de": "de_DE",
    "fr": "fr_FR",
    "es": "es_ES",
    "it": "it_IT",
    "pt": "pt_PT",
    "nl": "nl_NL",
    "pl": "pl_PL",
    "sv": "sv_SE",
    "fi": "fi_FI",
    "tr": "tr_TR",
    "ja": "ja_JP",
}
OWNER: Final = "Robin Demo"
SHOP: Final = "kettleandleaf"
COMMENTS: Final = 14
TAGGED: Final = 6
CUPS: Final = 18
LIKELY_PHOTO: Final = 0.75
DEMO_TOKEN: Final = "EAA" + 20 * "5eed"
"""Robin's long-lived token, with which the demo's team is connected from the beginning."""

DEMO_SCOPES: Final = (
    *("pages_show_list", "pages_read_engagement", "pages_read_user_content"),
    *("pages_manage_metadata", "instagram_basic", "instagram_manage_comments"),
    *("pages_messaging", "pages_utility_messaging"),
)
DEMO_FIELDS: Final = ("feed", "mention", *FIELDS)
DEMO_BOT: Final = App(id="1290000000000027", secret=20 * "b0", name="Kettle & Leaf shop bot")
"""Another application of the shop's, to which a thread can be handed."""
RETURNS: Final = ("/back/meta.facebook", "/back/meta.instagram", "/connected/meta.facebook")
"""Where the demo's log-ins and connections lead back to, behind Tombola's address."""


def people_meta(meta: Meta, tombola: str, *, seed: int = 2026) -> None:
    """Let the cast join both networks, open the shop's page and post a little. Idempotent."""
    register(meta, tombola)
    if meta.things.all(Page):
        return
    dice = random.Random(seed)  # noqa: S311 - invents people's habits
    robin = meta.facebook.add_person(OWNER, email="demo@tombola.example")
    people = [
        meta.facebook.add_person(
            role.name, locale=LOCALES[role.lang], key=f"person.{role.username}"
        )
        for role in CAST
    ]
    page = meta.facebook.add_page(
        "Kettle & Leaf",
        username=SHOP,
        admin=robin,
        business=meta.access.demo.business,
        about="Loose leaf, well kept.",
    )
    meta.facebook.add_page("Smoke & Pear", username="smokeandpear", admin=people[5])
    shop = meta.instagram.add_account(
        SHOP, "Kettle & Leaf", kind="BUSINESS", owner=robin, page=page, biography="Loose leaf."
    )
    _connect(meta, robin, page)
    accounts = [
        _account(meta, role, person, dice) for role, person in zip(CAST, people, strict=True)
    ]
    _facebook(meta, page, people, dice)
    _instagram(meta, shop, accounts, dice)


def _connect(meta: Meta, robin: Person, page: Page) -> None:
    """Let the shop's page be connected to Tombola already, as after the dialog."""
    app, now = meta.access.demo, meta.things.clock()
    token = Token(
        id=DEMO_TOKEN,
        kind="USER",
        app=app.id,
        scopes=DEMO_SCOPES,
        issued_at=now,
        person=robin.id,
        long_lived=True,
    )
    meta.access.page_token(meta.things.put(token), page)
    meta.things.change(page, subscriptions={app.id: DEMO_FIELDS})
    meta.things.put(DEMO_BOT)
    meta.things.put(
        Profile(
            id=page.id,
            properties={
                "get_started": {"payload": "GET_STARTED"},
                "greeting": [{"locale": "default", "text": "Ask us about tea."}],
            },
        )
    )


def _account(meta: Meta, role: Role, person: Person, dice: random.Random) -> Account:
    kind: AccountKind = dice.choice(("PERSONAL", "PERSONAL", "MEDIA_CREATOR"))
    return meta.instagram.add_account(
        role.username, role.name, kind=kind, owner=person, biography=role.about
    )


def _line(dice: random.Random, lang: str) -> str:
    opening, ending = LINES[lang]
    return f"{dice.choice(opening)} {dice.choice(ending).format(tag=TAG)}"


def _facebook(meta: Meta, page: Page, people: list[Person], dice: random.Random) -> None:
    now = meta.things.clock()
    facebook = meta.facebook
    hours = timedelta(hours=1)
    facebook.post(page, "Autumn is here: 14 new teas.", photos=2, at=now - 200 * hours)
    post = facebook.post(
        page, "Show us your cup! One of you wins a year of tea.", photos=1, at=now - 90 * hours
    )
    for number, person in enumerate(dice.sample(people, COMMENTS)):
        facebook.comment(
            person,
            post,
            "" if number == 0 else _line(dice, _lang(person)),
            photo=number == 0 or dice.random() < LIKELY_PHOTO,
            kind="sticker" if number == 1 else "",
            at=now - dice.uniform(1, 80) * hours,
            likes=dice.randrange(9),
        )
    for number, person in enumerate(dice.sample(people, TAGGED)):
        facebook.post(
            person,
            f"{_line(dice, _lang(person))} at Kettle & Leaf",
            photos=(1, 3, 0)[number % 3],
            tags=[page],
            at=now - dice.uniform(1, 100) * hours,
            tagged_after=timedelta(seconds=57),
        )


def _instagram(meta: Meta, shop: Account, accounts: list[Account], dice: random.Random) -> None:
    now = meta.things.clock()
    instagram = meta.instagram
    hours = timedelta(hours=1)
    own = instagram.post(shop, "Which tea are you today?", at=now - 30 * hours)
    for number in range(CUPS):
        account = dice.choice(accounts)
        at = now - dice.uniform(0.2, 60) * hours
        lang = _lang_of(account)
        if number % 6 == 5:  # noqa: PLR2004 - now and then a film that may not be copied
            instagram.post(
                account, _line(dice, lang), kind="VIDEO", product="REELS", bare=True, at=at
            )
        else:
            album = 3 if number % 4 == 3 else 0  # noqa: PLR2004
            instagram.post(account, _line(dice, lang), album=album, at=at)
    for account in dice.sample(accounts, 5):
        at = now - dice.uniform(1, 29) * hours
        instagram.comment(account, own, _line(dice, _lang_of(account)), at=at)
    friend = accounts[2]
    at = now - 5 * hours
    instagram.post(friend, f"Lunch with @{SHOP}", at=at, tags=[shop])


def somebody_acts(meta: Meta, dice: random.Random) -> None:
    """Let one of the cast post at Instagram, comment at Facebook, or tag the page."""
    page = next((p for p in list(meta.things.all(Page).values()) if p.username == SHOP), None)
    role = dice.choice(CAST)
    account = meta.instagram.account(role.username)
    person = meta.things.get(Person, f"person.{role.username}")
    if page is None or account is None or person is None:
        return
    text = _line(dice, role.lang)
    what = dice.random()
    if what < 0.5:  # noqa: PLR2004 - half of it at Instagram
        meta.instagram.post(account, text, album=3 if dice.random() < 0.2 else 0)  # noqa: PLR2004
    elif what < 0.85 and (posts := meta.things.under("posts", page.id)):  # noqa: PLR2004
        meta.facebook.comment(person, posts[-1], text, photo=dice.random() < LIKELY_PHOTO)
    else:
        meta.facebook.post(person, f"{text} at {page.name}", photos=1, tags=[page])


def _lang(person: Person) -> str:
    return person.locale[:2]


def _lang_of(account: Account) -> str:
    return next((role.lang for role in CAST if role.username == account.username), "en")


def register(meta: Meta, tombola: str) -> None:
    """Let the demo's application return to Tombola and send events there. Idempotent."""
    app = meta.access.demo
    uris = tuple(sorted({*app.redirect_uris, *(f"{tombola}{path}" for path in RETURNS)}))
    url = f"{tombola}/webhooks/meta/events"
    callbacks = dict(app.callbacks)
    for kind, fields in OBJECTS.items():
        known = callbacks.get(kind)
        every = tuple(sorted(fields.union(known.fields if known else ())))
        if known is None:
            callbacks[kind] = Callback(url=url, verify_token=DEMO_VERIFY_TOKEN, fields=every)
        elif known.url == url:
            callbacks[kind] = known.model_copy(update={"fields": every})
    changed = app.model_copy(
        update={
            "redirect_uris": uris,
            "callbacks": callbacks,
            "deauthorize_url": f"{tombola}/webhooks/meta/deauthorized",
            "deletion_url": f"{tombola}/webhooks/meta/deletion",
        }
    )
    if changed != meta.things.get(App, app.id):
        meta.things.put(changed)
