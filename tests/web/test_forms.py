"""A model becomes a form, and the form becomes the model again."""

import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from tombola.web.forms import Form
from tombola.web.schema import Kind, fields_of


class Shade(StrEnum):
    LIGHT = "light"
    DARK = "dark"


class Reply(BaseModel):
    text: str = ""
    times: int = 1


class Sample(BaseModel):
    title: Annotated[
        str, Field(min_length=1, max_length=80, title="Title", description="Its name.")
    ]
    story: Annotated[str, Field(json_schema_extra={"format": "textarea"})] = ""
    worth: Annotated[int, Field(ge=1, le=100)] = 1
    share: float | None = None
    loud: bool = False
    shade: Shade = Shade.LIGHT
    mode: Literal["any", "all"] = "all"
    shades: list[Shade] = []
    tags: Annotated[tuple[str, ...], Field(max_length=3)] = ()
    at: datetime | None = None
    key: SecretStr | None = None
    page: Annotated[str, Field(json_schema_extra={"options": "remote"})] = ""
    reply: Reply = Reply()
    extra: dict[str, int] = {}

    @model_validator(mode="after")
    def _calm(self) -> "Sample":
        if self.loud and self.worth > 50:
            raise ValueError("Loud actions may be worth 50 at most.")
        return self


def posted(**texts: str | list[str]) -> MultiDict[str, str]:
    pairs = [
        (k.replace("__", "."), v)
        for k, vs in texts.items()
        for v in (vs if isinstance(vs, list) else [vs])
    ]
    return MultiDict(pairs)


def test_each_type_gets_its_control():
    kinds = {spec.name: spec.kind for spec in fields_of(Sample)}
    assert kinds == {
        "title": Kind.TEXT,
        "story": Kind.LONG_TEXT,
        "worth": Kind.NUMBER,
        "share": Kind.NUMBER,
        "loud": Kind.CHECK,
        "shade": Kind.CHOICE,
        "mode": Kind.CHOICE,
        "shades": Kind.CHOICES,
        "tags": Kind.LINES,
        "at": Kind.MOMENT,
        "key": Kind.SECRET,
        "page": Kind.REMOTE,
        "reply": Kind.GROUP,
        "extra": Kind.JSON,
    }


def test_sent_form_becomes_the_model():
    form = Form.sent(
        Sample,
        posted(
            title=" Win it ",
            story="one\r\ntwo",
            worth="7",
            share="",
            loud="on",
            shade="dark",
            mode="any",
            shades=["dark", "light"],
            tags="#a\r\n\r\n  #b ",
            at="2026-12-31T23:59",
            key="hush",
            page="42",
            reply__text="hi",
            reply__times="2",
            extra='{"a": 1}',
        ),
        zone="Europe/Berlin",
    )
    assert form.errors == {}
    assert form.value == Sample(
        title="Win it",
        story="one\ntwo",
        worth=7,
        loud=True,
        shade=Shade.DARK,
        mode="any",
        shades=[Shade.DARK, Shade.LIGHT],
        tags=("#a", "#b"),
        at=datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
        key=SecretStr("hush"),
        page="42",
        reply=Reply(text="hi", times=2),
        extra={"a": 1},
    )


def test_errors_stand_beside_their_fields_and_keep_what_was_written():
    form = Form.sent(
        Sample, posted(title="", worth="many", tags="a\nb\nc\nd", at="soon", extra="{")
    )
    assert form.value is None
    assert form.errors["title"] == "Fill this in."
    assert form.errors["worth"] == "Write a whole number."
    assert "At most 3" in form.errors["tags"]
    assert "date" in form.errors["at"]
    assert "JSON" in form.errors["extra"]
    assert form.texts["worth"] == "many"
    assert [spec.name if spec else "" for spec, _ in form.faults()] == [
        "title",
        "worth",
        "tags",
        "at",
        "extra",
    ]


def test_error_of_the_whole_model_has_no_field():
    form = Form.sent(Sample, posted(title="x", loud="on", worth="51", shade="light", mode="all"))
    assert form.errors == {"": "Loud actions may be worth 50 at most."}


class Riddle(BaseModel):
    text: str = ""
    reply: Reply = Reply()

    @model_validator(mode="after")
    def _asks(self) -> "Riddle":
        if not self.text:
            raise PydanticCustomError("no_text", "It needs the text.", {"field": "text"})
        if self.text == "odd":
            raise PydanticCustomError("odd", "Odd.", {"field": "nowhere"})
        return self


class Pair(BaseModel):
    riddle: Riddle


def test_whole_models_validator_can_name_the_field_to_mend():
    assert Form.sent(Riddle, posted(text="")).errors == {"text": "It needs the text."}
    assert Form.sent(Riddle, posted(text="odd")).errors == {"": "Odd."}
    assert Form.sent(Pair, posted(riddle__text="")).errors == {"riddle.text": "It needs the text."}


def test_secret_is_never_shown_and_kept_when_left_empty():
    form = Form.of(Sample, Sample(title="x", key=SecretStr("hush")))
    assert form.kept == {"key"}
    assert "hush" not in str(form.texts)
    again = Form.sent(
        Sample, posted(title="x", shade="light", mode="all"), stored={"key": SecretStr("hush")}
    )
    assert again.value is not None
    assert again.value.key == SecretStr("hush")
    gone = Form.sent(
        Sample, MultiDict([("title", "x"), ("forget!key", "on")]), stored={"key": "hush"}
    )
    assert gone.value is not None
    assert gone.value.key is None


def test_secret_is_not_echoed_after_an_error():
    form = Form.sent(Sample, posted(title="", key="hush"))
    assert "hush" not in str(form.texts)
    assert "hush" not in str(form.errors)


def test_time_that_clocks_skip_is_refused():
    form = Form.sent(Sample, posted(title="x", at="2026-03-29T02:30"), zone="Europe/Berlin")
    assert "skip" in form.errors["at"]


def test_time_that_clocks_show_twice_is_the_first():
    form = Form.sent(Sample, posted(title="x", at="2026-10-25T02:30"), zone="Europe/Berlin")
    assert form.value is not None
    assert form.value.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_others_complaints_find_their_field():
    form = Form.of(Sample).with_errors({"worth": "Too dear.", "nowhere": "Odd."})
    assert form.errors == {"worth": "Too dear.", "": "Odd."}


def test_prefix_keeps_two_forms_of_one_page_apart():
    form = Form.sent(Sample, MultiDict([("config.title", "x"), ("title", "")]), prefix="config.")
    assert form.value is not None
    assert form.html_name(form.fields[0]) == "config.title"


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).map(
    lambda text: unicodedata.normalize("NFC", text).strip()
)


@given(
    title=TEXT.filter(bool),
    worth=st.integers(1, 100),
    tags=st.lists(TEXT.filter(bool), max_size=3),
    at=st.none() | st.integers(10**9, 4 * 10**9).map(lambda s: datetime.fromtimestamp(s, UTC)),
    shade=st.sampled_from(Shade),
)
def test_what_a_form_shows_comes_back_the_same(title, worth, tags, at, shade):
    before = Sample(title=title, worth=worth, tags=tuple(tags), shade=shade, at=at)
    shown = Form.of(Sample, before)
    pairs = [
        (name, value)
        for name, texts in shown.texts.items()
        for value in (
            ["\n".join(texts)] if name == "tags" else texts if isinstance(texts, list) else [texts]
        )
        if not (name == "loud" and not value)
    ]
    assert Form.sent(Sample, MultiDict(pairs)).value == before


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800x"])
def test_text_that_no_database_takes_is_cleaned(text):
    form = Form.sent(Sample, posted(title=f"t{text}"))
    assert form.value is not None
    assert "\x00" not in form.value.title
    form.value.title.encode()
