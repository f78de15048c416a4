"""The command ``tombola draw``: checks a draw's proof, without an installation or a network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tombola.fairness.bundle import LogRecord
    from tombola.fairness.verify import Report

#: Exit codes, beside 0: everything holds and there are winners.
FAILS, UNREADABLE, OPEN = 1, 2, 3
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
MARKS = {True: "holds ", False: "FAILS ", None: "  -   "}


@click.group()
def draw() -> None:
    """Check draws."""


@draw.command()
@click.argument("file", type=_FILE)
@click.option("--log", type=_FILE, help="The published log, to see every draw of the campaign.")
@click.option("--commitment", help="The commitment as it was noted before the draw, 64 digits.")
@click.option("--mine", type=_FILE, help="A private proof of one's own, from one's private link.")
@click.option("--json", "as_json", is_flag=True, help="Say it in JSON.")
def verify(
    file: Path, log: Path | None, commitment: str | None, mine: Path | None, *, as_json: bool
) -> None:
    """Check the proof in FILE from nothing but its own bytes.

    The exit code is 0 when everything holds and the winners count, 1 when something does not
    hold, 2 when a file cannot be read, and 3 when nothing is wrong and there is no result that
    counts: not drawn yet, or declared void.
    """
    from tombola.fairness import verify as fairness  # noqa: PLC0415 # --help stays quick
    from tombola.fairness.bundle import Unreadable  # noqa: PLC0415

    try:
        published = _log(log) if log else None
        own = json.loads(mine.read_text(encoding="utf-8")) if mine else None
        with file.open(encoding="utf-8") as stream:
            report = fairness.verify(stream, log=published, commitment=commitment)
    except (Unreadable, ValueError, OSError) as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNREADABLE) from error
    if own is not None:
        wrong = fairness.inclusion_trouble(own) or (
            None
            if own["root"] == report.head.commitment.root
            else "It belongs to another draw than this one."
        )
        report.add("mine", wrong is None, wrong or _in_with(own))
    (_say_json if as_json else _say)(report)
    raise SystemExit(FAILS if not report.ok else 0 if report.finished else OPEN)


def _log(path: Path) -> "list[LogRecord]":
    from tombola.fairness.bundle import LogRecord  # noqa: PLC0415 # --help stays quick

    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("records"), list):
        raise ValueError(f"{path} holds no log of draws.")  # noqa: TRY004 # as all that is unreadable
    return [LogRecord.model_validate(record) for record in document["records"]]


def _in_with(own: dict[str, Any]) -> str:
    return f"You were in with {own['weight']} of {own['total']} tickets."


def _say(report: "Report") -> None:
    said = report.head.commitment
    click.echo(f"Draw {said.draw}: {said.title}")
    click.echo(f"{said.people} people, {said.total} tickets, frozen {said.frozen_at}")
    click.echo()
    for check in report.checks:
        click.echo(f"{MARKS[check.ok]} {check.name}: {check.says}")
    click.echo()
    if not report.ok:
        click.echo("Something does not hold. Do not trust this result.")
        return
    click.echo(report.proves)
    if report.voided:
        click.echo("The draw was declared void: no winner counts.")
    elif report.head.result is None:
        click.echo("Nothing has been drawn yet.")
    else:
        for row in report.head.result.winners:
            prize = int(row.prize)
            won = said.prizes[prize - 1].title if prize else "backup"
            click.echo(f"{int(row.rank):>5}. {row.tag}  {row.weight:>6} tickets  {won}")


def _say_json(report: "Report") -> None:
    said = report.head.commitment
    found = {
        "ok": report.ok,
        "finished": report.finished,
        "voided": report.voided,
        "draw": said.draw,
        "grade": said.randomness.grade,
        "proves": report.proves,
        "checks": [{"name": c.name, "ok": c.ok, "says": c.says} for c in report.checks],
        "winners": report.winners,
    }
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
