"""What a campaign is made of besides dates: its page, who may enter, what is asked, pictures."""

from base64 import b64decode
from typing import Annotated

from pydantic import Field, field_validator

from tombola.admission import service as admission
from tombola.api import Invalid
from tombola.campaigns import content, pictures, service
from tombola.campaigns.content import ContentForm
from tombola.campaigns.pages import campaign_of_address
from tombola.campaigns.pictures import LARGEST_BYTES
from tombola.campaigns.service import Campaign
from tombola.campaigns.terms import Asks, Eligibility
from tombola.installation import current
from tombola.rest.actions import Move
from tombola.rest.registry import Api
from tombola.rest.shapes import Shape
from tombola.teams import doors
from tombola.teams.rules import Scope
from tombola.web import i18n
from tombola.widget.wording import LONGEST, WORDINGS

api = Api("rest_setup", __name__, tag="A campaign's page and terms")
_HERE = "/campaigns/<campaign>"


class Content(ContentForm):
    """What the campaign's page says."""


class CampaignEligibility(Eligibility):
    """Who may enter, by what people say of themselves."""


class CampaignAsks(Asks):
    """What is asked of whoever enters."""


class Words(Shape):
    """The team's own words in place of some of ours, by the name of the place."""

    words: dict[str, Annotated[str, Field(max_length=LONGEST)]]

    @field_validator("words")
    @classmethod
    def _known(cls, words: dict[str, str]) -> dict[str, str]:
        strange = sorted(set(words) - set(WORDINGS))
        if strange:
            known = ", ".join(sorted(WORDINGS))
            raise ValueError(f"There is no place of that name. Known ones: {known}.")
        return words


class AllWords(Shape):
    """The team's own words by language; ours are used for the rest."""

    languages: dict[str, dict[str, str]]


class NewPicture(Shape):
    """A picture for the campaign's page."""

    data: Annotated[
        str,
        Field(
            min_length=4,
            max_length=LARGEST_BYTES * 4 // 3 + 4,
            description="The file in base64: JPEG, PNG, WEBP or GIF, at most 10 MB.",
        ),
    ]
    alt: Annotated[str, Field(min_length=1, max_length=200, description="What it shows.")]


class Alt(Shape):
    """What a picture shows, for those who cannot see it."""

    alt: Annotated[str, Field(min_length=1, max_length=200)]


class Picture(Shape):
    """A picture of the campaign's page."""

    id: str
    state: Annotated[str, Field(description="waiting to be drawn anew, ready, or refused.")]
    reason: Annotated[str, Field(description="Why it was refused.")]
    alt: str
    width: Annotated[int | None, Field(description="Pixels.")]
    height: Annotated[int | None, Field(description="Pixels.")]


class Pictures(Shape):
    """The pictures of a campaign's page in their order."""

    items: list[Picture]


@api.get(f"{_HERE}/content", scope=Scope.CAMPAIGNS_READ, answer=Content)
def get_content(campaign: str) -> Content:
    """Read what the campaign's page says."""
    return _content(campaign_of_address(campaign))


@api.route("PUT", f"{_HERE}/content", scope=Scope.CAMPAIGNS_WRITE, body=Content, answer=Content)
def change_content(campaign: str, body: Content) -> Content:
    """Write what the campaign's page says, in the place of all that it said."""
    found = campaign_of_address(campaign)
    form = ContentForm.model_validate(body.model_dump())
    return _content(content.change(current(), doors.actor(), found.uid, form))


@api.get(f"{_HERE}/eligibility", scope=Scope.CAMPAIGNS_READ, answer=CampaignEligibility)
def get_eligibility(campaign: str) -> CampaignEligibility:
    """Read who may enter."""
    said = campaign_of_address(campaign).eligibility
    return _eligibility(said)


@api.route(
    "PUT",
    f"{_HERE}/eligibility",
    scope=Scope.CAMPAIGNS_WRITE,
    body=CampaignEligibility,
    answer=CampaignEligibility,
)
def change_eligibility(campaign: str, body: CampaignEligibility) -> CampaignEligibility:
    """Say who may enter. What people have said already is judged by it at once."""
    found = campaign_of_address(campaign)
    form = Eligibility.model_validate(body.model_dump())
    after = admission.change_eligibility(current(), doors.actor(), found.uid, form)
    return _eligibility(after.eligibility)


@api.get(f"{_HERE}/asks", scope=Scope.CAMPAIGNS_READ, answer=CampaignAsks)
def get_asks(campaign: str) -> CampaignAsks:
    """Read what is asked of whoever enters."""
    said = campaign_of_address(campaign).asks
    return _asks(said)


@api.route(
    "PUT", f"{_HERE}/asks", scope=Scope.CAMPAIGNS_WRITE, body=CampaignAsks, answer=CampaignAsks
)
def change_asks(campaign: str, body: CampaignAsks) -> CampaignAsks:
    """Say what is asked. Whoever has answered already is not asked again."""
    found = campaign_of_address(campaign)
    form = Asks.model_validate(body.model_dump())
    after = admission.change_asks(current(), doors.actor(), found.uid, form)
    return _asks(after.asks)


@api.get(f"{_HERE}/words", scope=Scope.CAMPAIGNS_READ, answer=AllWords)
def get_words(campaign: str) -> AllWords:
    """Read the team's own words on its entrants' pages."""
    return AllWords(languages=campaign_of_address(campaign).words)


@api.route(
    "PUT", f"{_HERE}/words/<language>", scope=Scope.CAMPAIGNS_WRITE, body=Words, answer=AllWords
)
def change_words(campaign: str, language: str, body: Words) -> AllWords:
    """Write the team's own words of one language; an empty one gives ours back."""
    found = campaign_of_address(campaign)
    if language not in i18n.known():
        raise Invalid({"language": f"It is one of {', '.join(i18n.known())}."})
    service.say(current(), doors.actor(), found.uid, language, body.words)
    return AllWords(languages=campaign_of_address(campaign).words)


@api.get(f"{_HERE}/pictures", scope=Scope.CAMPAIGNS_READ, answer=Pictures)
def list_pictures(campaign: str) -> Pictures:
    """List the pictures of the campaign's page."""
    return _pictures(campaign_of_address(campaign))


@api.post(
    f"{_HERE}/pictures",
    scope=Scope.CAMPAIGNS_WRITE,
    body=NewPicture,
    answer=Picture,
    status=202,
    largest_bytes=LARGEST_BYTES * 4 // 3 + 4_096,
)
def add_picture(campaign: str, body: NewPicture) -> Picture:
    """Add a picture. It is shown once a worker has drawn it anew."""
    found = campaign_of_address(campaign)
    try:
        data = b64decode(body.data, validate=True)
    except ValueError as wrong:
        raise Invalid({"data": "This is no base64."}) from wrong
    return _picture(pictures.add(current(), doors.actor(), found.uid, data, body.alt))


@api.patch(f"{_HERE}/pictures/<picture>", scope=Scope.CAMPAIGNS_WRITE, body=Alt, answer=Pictures)
def describe_picture(campaign: str, picture: str, body: Alt) -> Pictures:
    """Say anew what a picture shows."""
    found = campaign_of_address(campaign)
    pictures.describe(current(), doors.actor(), found.uid, picture, body.alt)
    return _pictures(found)


@api.post(
    f"{_HERE}/pictures/<picture>/move",
    scope=Scope.CAMPAIGNS_WRITE,
    body=Move,
    answer=Pictures,
    status=200,
)
def move_picture(campaign: str, picture: str, body: Move) -> Pictures:
    """Move a picture one place forward or back."""
    found = campaign_of_address(campaign)
    pictures.move(current(), doors.actor(), found.uid, picture, body.step)
    return _pictures(found)


@api.delete(f"{_HERE}/pictures/<picture>", scope=Scope.CAMPAIGNS_WRITE)
def remove_picture(campaign: str, picture: str) -> None:
    """Take a picture away."""
    pictures.remove(current(), doors.actor(), campaign_of_address(campaign).uid, picture)


def _content(found: Campaign) -> Content:
    return Content.model_construct(
        **{name: getattr(found, name) for name in ContentForm.model_fields}
    )


def _eligibility(said: Eligibility) -> CampaignEligibility:
    names = Eligibility.model_fields
    return CampaignEligibility.model_construct(**{name: getattr(said, name) for name in names})


def _asks(said: Asks) -> CampaignAsks:
    return CampaignAsks.model_construct(**{name: getattr(said, name) for name in Asks.model_fields})


def _pictures(found: Campaign) -> Pictures:
    with current().db.read() as conn:
        listed = pictures.of_campaign(conn, found.id)
    return Pictures(items=[_picture(one) for one in listed])


def _picture(one: pictures.Picture) -> Picture:
    return Picture(
        id=one.uid,
        state=one.state.value,
        reason=one.reason,
        alt=one.alt,
        width=one.width,
        height=one.height,
    )
