"""Four languages that say everything, any other by one file, and a team's own words."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from jinja2 import meta
from sqlalchemy import update

from tombola.api import Forbidden
from tombola.app import create_app
from tombola.campaigns import service
from tombola.campaigns.models import campaign
from tombola.commands import languages
from tombola.plugins import catalogues, loader
from tombola.settings import get_settings
from tombola.teams.rules import Role
from tombola.web import i18n
from tombola.widget import hot

pytestmark = pytest.mark.plugins("custom_tracking", "twitter_import")
OWN = {"Sec-Fetch-Site": "same-origin"}
OURS = ("ar", "de", "es")


@pytest.fixture
def inst(sqlite_inst):
    """What pages say, no database can change."""
    return sqlite_inst


@pytest.fixture
def served(site, office):
    """Makes the application; catalogues are read when it is made."""
    apps = []

    def make():
        app = create_app(office.inst)
        app.extensions[hot.NAME] = hot.make(office.inst, fresh_s=0)
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        app.extensions[hot.NAME].tracker.close()


@pytest.fixture
def client(served):
    return served()


def change(site, **values):
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(**values))


def enter(client, **form):
    sent = {"name": "Anna", "email": "anna@mail.example", **form}
    return client.post("/w/y2sB7/enter", data=sent, headers=OWN)


class Said(HTMLParser):
    """The words of a page that a person reads or hears."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.silent = [], 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.silent += tag in {"script", "style", "time", "bdi", "title", "nav"}
        told = ("alt", "aria-label", "placeholder", "title")
        self.texts += [value for name, value in attributes if name in told and value]

    def handle_endtag(self, tag):
        self.silent -= tag in {"script", "style", "time", "bdi", "title", "nav"}

    def handle_data(self, data):
        if not self.silent and data.strip():
            self.texts.append(data.strip())


def english_in(html):
    """Words in Latin letters on an Arabic page, but for names and examples."""
    names = (
        r"X \(Twitter\)|Tombola|anna@mail\.example|#\w+|on X\b|X\b|CES?T|https?:\S+|localhost\S*"
    )
    plain = [re.sub(names, "", text) for text in Said(html).texts]
    return [text for text in plain if re.search(r"[A-Za-z]{2}", text)]


@pytest.mark.parametrize("tag", OURS)
def test_our_languages_lack_nothing(tag):
    folders = [*catalogues.folders(loader.load()), i18n.FOLDER]
    assert list(languages.lacks(tag, folders)) == []


def test_every_template_that_entrants_see_is_looked_through(client):
    env = client.application.jinja_env
    seen, left = set(), ["widget/page.html", "widget/leaving.html"]
    while left:
        name = left.pop()
        seen.add(name)
        source = env.loader.get_source(env, name)[0]
        found = meta.find_referenced_templates(env.parse(source))
        left += [each for each in found if each and each not in seen]
    rooms = {f"{name.partition('/')[0]}/templates/{name}" for name in seen}
    assert rooms <= set(languages.PLACES)


def test_what_lacks_is_found(tmp_path):
    (tmp_path / "xx.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Join in"\nmsgstr "Hop in"\n\n'
        'msgid "Continue with %(network)s"\nmsgstr "Go on with %(networkk)s"\n'
    )
    found = {lack.message: lack.why for lack in languages.lacks("xx", [tmp_path])}
    assert "Join in" not in found
    assert found["Continue with %(network)s"] == "unknown place"
    assert found["Take part"] == "missing"


def test_command_begins_a_language_and_says_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.setenv("TOMBOLA_LANGUAGES_DIR", str(tmp_path))
    get_settings.cache_clear()
    begun = CliRunner().invoke(languages.languages, ["new", "fr"])
    assert 'msgid "Join in"' in begun.output
    assert "nplurals=2; plural=(n > 1);" in begun.output
    (tmp_path / "fr.po").write_text(begun.output)
    checked = CliRunner().invoke(languages.languages, ["check", "fr", "de"])
    assert checked.exit_code == 1
    assert "de: complete" in checked.output
    assert "missing: 'Join in'" in checked.output
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("asks", "says", "direction"),
    [
        ({"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"}, "Mitmachen", "ltr"),
        ({"Accept-Language": "es-MX"}, "Participar", "ltr"),
        ({"Accept-Language": "ar-EG"}, "أشارك", "rtl"),
        ({"Accept-Language": "tlh"}, "Join in", "ltr"),
        ({}, "Join in", "ltr"),
    ],
)
def test_page_speaks_what_the_browser_asks_for(client, asks, says, direction):
    page = client.get("/y2sB7", headers=asks).text
    assert f">{says}</button>" in page
    assert f'dir="{direction}">' in page


def test_address_wins_over_the_browser_and_lasts_through_acts(client):
    page = client.get("/y2sB7?lang=de", headers={"Accept-Language": "es"}).text
    assert ">Mitmachen</button>" in page
    [act] = re.findall(r'action="(/w/y2sB7/enter[^"]*)"', page)
    form = {"name": "Anna", "email": "anna@mail.example"}
    answer = client.post(act, data=form, headers=OWN)
    assert "Du bist dabei als" in client.get(answer.location).text


def test_campaigns_own_language_wins_over_both(site, client):
    change(site, language="es")
    page = client.get("/y2sB7?lang=de", headers={"Accept-Language": "ar"}).text
    assert ">Participar</button>" in page
    assert 'lang="es"' in page
    assert "hreflang" not in page


def test_members_pages_stay_english_whatever_the_browser_asks(client):
    page = client.get("/first-start", headers={"Accept-Language": "ar"}).text
    assert '<html lang="en" dir="ltr"' in page


def states(site, client, clock, office):
    """Every state of the page in Arabic, by name."""
    site.importer()
    site.action(mandatory=True)
    site.action("VIP", completed_by="either", question="كم؟", link="https://shop.example/")
    site.action(interval="daily", answer="number", question="كم؟")
    change(site, terms_url="https://shop.example/terms", language="ar", title="دراجة")
    yield "new", client.get("/y2sB7").text
    yield "framed", client.get("/y2sB7/embed").text
    yield "refused", enter(client, name="", email="nonsense").text
    enter(client)
    yield "entered", client.get("/y2sB7").text
    uid = re.findall(r"/do/([\w-]+)", client.get("/y2sB7").text)[0]
    field = f"{uid[-12:]}.answer"
    yield "unanswered", client.post(f"/w/y2sB7/do/{uid}", data={field: ""}, headers=OWN).text
    client.post(f"/w/y2sB7/do/{uid}", data={field: "x"}, headers=OWN)
    page = client.get("/y2sB7").text
    yield "done", page
    for uid in re.findall(r"/do/([\w-]+)", page):
        form = {f"{uid[-12:]}.answer": "x"}
        yield "answered", client.post(f"/w/y2sB7/do/{uid}", data=form, headers=OWN).text
        client.post(f"/w/y2sB7/do/{uid}", data={f"{uid[-12:]}.answer": "7"}, headers=OWN)
    yield "tomorrow", client.get("/y2sB7").text
    form = {"proof.email": "anna@mail.example"}
    client.post("/w/y2sB7/code/ask", data=form, headers=OWN)
    yield "waiting", client.get("/y2sB7").text
    yield "mistyped", client.post("/w/y2sB7/code", data={"code": "1"}, headers=OWN).text
    clock.advance(timedelta(days=11))
    yield "ended", client.get("/y2sB7").text
    client.post("/w/y2sB7/leave", headers=OWN)
    yield "left", client.get("/y2sB7").text
    yield "closed", enter(client).text
    clock.advance(timedelta(days=-30))
    yield "scheduled", client.get("/y2sB7").text


def test_arabic_page_has_no_english_word_in_any_state(site, client, clock, office):
    with site.inst.db.write() as conn:
        conn.execute(update(campaign).values(description="فز بدراجة"))
    shown = dict(states(site, client, clock, office))
    assert len(shown) >= 12
    ours = ("Do tell", "Do VIP", "Post on X", "Why?")  # what the team wrote
    left = {
        name: [text for text in english_in(html) if text not in ours]
        for name, html in shown.items()
    }
    assert {name: texts for name, texts in left.items() if texts} == {}
    assert all('dir="rtl"' in html for html in shown.values())


def test_mail_with_the_code_is_in_the_language_of_the_page(client, office):
    form = {"proof.email": "anna@mail.example"}
    client.post("/w/y2sB7/code/ask?lang=de", data=form, headers=OWN)
    mail = office.read()
    assert "ist dein Code für Win a bicycle" in mail["Subject"]
    assert "Gib ihn niemandem" in mail.get_content()


@pytest.mark.parametrize(
    ("n", "says"),
    [
        (1, "فرصة واحدة من هذا"),
        (2, "فرصتان من هذا"),
        (3, "3 فرص من هذا"),
        (11, "11 فرصة من هذا"),
        (100, "100 فرصة من هذا"),
    ],
)
def test_arabic_has_six_forms_of_a_number(client, n, says):
    with client.application.test_request_context(headers={"Accept-Language": "ar"}):
        i18n.listen()
        one, many = "%(num)s entry from this", "%(num)s entries from this"
        assert i18n.ngettext(one, many, n) % {"num": n} == says


def test_moments_and_numbers_are_the_languages_own(site, client):
    said = {
        "en": "11 Jun 2026, 14:00 CEST",
        "de": "11. Juni 2026, 14:00 MESZ",
        "es": "11 de junio de 2026, 14:00",
        "ar": "11 يونيو 2026",
    }
    for tag, words in said.items():
        assert words in client.get(f"/y2sB7?lang={tag}").text, tag


def test_one_file_in_the_operators_folder_is_one_more_language(site, served):
    folder: Path = site.inst.settings.languages
    folder.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "fr.po").write_text(f'{head}msgid "Join in"\nmsgstr "Je participe"\n')
    (folder / "de.po").write_text(f'{head}msgid "Join in"\nmsgstr "Dabei sein"\n')
    (folder / "it.po").write_text("this is no catalogue")
    client = served()
    page = client.get("/y2sB7", headers={"Accept-Language": "fr"}).text
    assert 'lang="fr"' in page
    assert ">Je participe</button>" in page
    assert "11 juin 2026 à 14:00" in page or "11 juin 2026, 14:00" in page
    assert ">français</a>" in page
    german = client.get("/y2sB7?lang=de").text
    assert ">Dabei sein</button>" in german
    assert "So machst du mit" in german
    assert client.get("/y2sB7?lang=it").status_code == 200


def test_teams_own_words_stand_in_place_of_ours_and_are_plain_text(site, client):
    say = {"button": "<b>Los</b> 100%", "join": ""}
    service.say(site.inst, site.actor, site.campaign.uid, "de", say)
    page = client.get("/y2sB7?lang=de").text
    assert "&lt;b&gt;Los&lt;/b&gt; 100%</button>" in page
    assert ">Mach mit</h2>" in page
    assert ">Join in</button>" in client.get("/y2sB7?lang=en").text
    service.say(site.inst, site.actor, site.campaign.uid, "de", {})
    assert ">Mitmachen</button>" in client.get("/y2sB7?lang=de").text


def test_viewer_may_not_change_words(site):
    viewer = replace(site.actor, role=Role.VIEWER)
    with pytest.raises(Forbidden, match="editor"):
        service.say(site.inst, viewer, site.campaign.uid, "de", {"button": "x"})
