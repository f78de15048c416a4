"""The form of a draw: its fields as a member fills them in, and the document they make."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from werkzeug.datastructures import MultiDict

from tombola.api import Invalid, Text
from tombola.campaigns.prizes import Prize
from tombola.draws.types import DrawForm, DrawPrize, Exclude
from tombola.fairness.bundle import Grade, Mode
from tombola.web.i18n import marked
from tombola.web.words import complaint

#: Lines for prizes that the campaign does not list.
FREE = 2


class Asked(BaseModel):
    """What is asked beside prizes and exclusions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[
        str, Field(title=marked("Name of the draw"), description=marked("Everybody can read it."))
    ]
    backups: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            title=marked("Backups"),
            description=marked("Drawn behind the winners, to take places that fall free."),
        ),
    ] = 3
    mode: Annotated[
        Mode,
        Field(
            title=marked("Tickets"),
            json_schema_extra={
                "labels": {
                    "weighted": marked("As many as the entries are worth"),
                    "per_person": marked("One for each person"),
                }
            },
        ),
    ] = Mode.WEIGHTED
    since: Annotated[AwareDatetime | None, Field(title=marked("Entries from"))] = None
    until: Annotated[AwareDatetime | None, Field(title=marked("Entries before"))] = None
    repeats: Annotated[
        bool, Field(title=marked("Winners of earlier draws of this campaign may win again"))
    ] = False
    unclaimed_may_win: Annotated[
        bool,
        Field(
            title=marked("Posts that nobody has claimed may win"),
            description=marked("Their authors are reached through the post."),
        ),
    ] = True
    witnesses: Annotated[
        list[str],
        Field(
            title=marked("Witnesses"),
            description=marked(
                "For witnesses: at least two names, one a line. Nobody: dice are rolled."
            ),
        ),
    ] = []


def offered(listed: Sequence[Prize], posted: Mapping[str, str] | None) -> list[dict[str, Any]]:
    """The lines of prizes: those of the campaign, then some to be written by hand."""
    lines = [
        {"name": f"prize-{one.uid}", "title": one.title, "uid": one.uid, "count": one.winners}
        for one in listed
    ]
    lines += [{"name": f"free-{n}", "title": "", "uid": "", "count": 1} for n in range(FREE)]
    if posted is not None:
        for line in lines:
            line["count"] = posted.get(f"{line['name']}-count", "")
            if not line["uid"]:
                line["title"] = posted.get(f"{line['name']}-title", "")
    return lines


def document(
    asked: Asked, posted: "MultiDict[str, str]", listed: Sequence[Prize], actions: Sequence[str]
) -> DrawForm:
    """What was sent, as the room of draws takes it.

    Raises:
        Invalid: Complaints by field; ``prizes`` and ``grade`` are no fields of ``Asked``.
    """
    grade = posted.get("grade", "")
    if grade not in set(Grade):
        raise Invalid({"grade": marked("Choose what the draw is to prove.")})
    uids, reasons = posted.getlist("exclude"), posted.getlist("exclude-reason")
    left = [Exclude(entrant=u, reason=r) for u, r in zip(uids, reasons, strict=False) if r.strip()]
    chosen = [uid for uid in posted.getlist("action") if uid in set(actions)]
    # Their field is not shown for other grades.
    sworn = [name for name in asked.witnesses if name.strip()] if grade == Grade.C else []
    try:
        return DrawForm(
            **{**asked.model_dump(), "witnesses": sworn},
            prizes=_prizes(posted, listed),
            actions=chosen if len(chosen) < len(actions) else [],
            grade=Grade(grade),
            exclude=left,
        )
    except ValidationError as wrong:
        raise Invalid(_said(wrong)) from wrong


def _prizes(posted: "MultiDict[str, str]", listed: Sequence[Prize]) -> list[DrawPrize]:
    found = []
    for line in offered(listed, posted):
        title, count = str(line["title"]).strip(), str(line["count"]).strip()
        if not title or not count or count == "0":
            continue
        if not (count.isascii() and count.isdigit()):
            raise Invalid({"prizes": marked("How many win a prize is a whole number.")})
        found.append(DrawPrize(uid=line["uid"] or None, title=title, winners=int(count)))
    if not found:
        raise Invalid({"prizes": marked("Name at least one prize and how many win it.")})
    return found


def _said(wrong: ValidationError) -> dict[str, Text]:
    says: dict[str, Text] = {}
    for error in wrong.errors():
        place = str(error["loc"][0]) if error["loc"] else ""
        says[place] = complaint(error)
    return says
