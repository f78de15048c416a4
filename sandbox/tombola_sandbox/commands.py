"""``tombola sandbox …``. What the commands need is imported when one of them runs."""

from pathlib import Path
from typing import BinaryIO

import click


@click.command()
@click.option("--quiet", is_flag=True, help="A new world does not post by itself.")
def serve(quiet: bool) -> None:  # noqa: FBT001 - click's way of flags
    """Serve the networks, the console, the demo shop and the mailbox.

    TOMBOLA_PORT=n puts the shop at 127.0.0.1:n+1, the networks and the console at 127.0.0.1:n+2;
    mail for anybody is taken at 127.0.0.1:n+3 and lies in the console.
    The world is kept in TOMBOLA_DATA_DIR/sandbox.
    """
    from tombola_sandbox.place import (  # noqa: PLC0415 - plugins are import-light
        AlreadyServedError,
        place_from_environment,
    )
    from tombola_sandbox.serving import serve as serve_place  # noqa: PLC0415

    place = place_from_environment()

    def say() -> None:
        click.echo(f"sandbox console  {place.network}/")
        click.echo(f"demo shop        {place.shop}/")
        click.echo(f"mailbox          {place.network}/console/mail")

    try:
        serve_place(place, lively=not quiet, ready=say)
    except AlreadyServedError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        ports = f"{place.port + 1}, {place.port + 2} and {place.mail_port}"
        raise click.ClickException(f"ports {ports} must be free: {error}") from error


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--keep-age",
    is_flag=True,
    help="Posts older than 7 days are found by full-archive search alone, as by the real network.",
)
@click.option(
    "--shift-to-now",
    is_flag=True,
    help="Move times and ids, all by as much, so that the newest post is of now.",
)
@click.option(
    "--keep-media-urls",
    is_flag=True,
    help="Keep the pictures' own addresses; the sandbox draws stand-ins otherwise.",
)
def load(
    file: BinaryIO,
    keep_age: bool,  # noqa: FBT001 - click's way of flags
    shift_to_now: bool,  # noqa: FBT001
    keep_media_urls: bool,  # noqa: FBT001
) -> None:
    """Fill the world from recorded answers of X's API, one JSON page a line.

    Either vocabulary is taken. Ids, texts and times stay as recorded, and recent search finds the
    posts whatever their age, as it did when they were recorded. The running sandbox is filled; if
    none runs, its folder is.
    """
    from tombola_sandbox.loading import LoadError, Manner  # noqa: PLC0415 - import-light
    from tombola_sandbox.place import AlreadyServedError, place_from_environment  # noqa: PLC0415
    from tombola_sandbox.recording import text_of  # noqa: PLC0415
    from tombola_sandbox.remote import AnswerError, load_file  # noqa: PLC0415

    manner = Manner(
        as_recent=not keep_age, shift_to_now=shift_to_now, keep_media_urls=keep_media_urls
    )
    try:
        said = load_file(place_from_environment(), text_of(file.read()), manner)
    except (LoadError, AnswerError, AlreadyServedError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(said)


@click.command()
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER"
)
def play(folder: Path) -> None:
    """Play recorded answers of Meta's Graph API: a FOLDER of JSON files, request and response.

    The running sandbox is filled; if none runs, its folder is.
    """
    from tombola_sandbox.meta.recording import RecordingError  # noqa: PLC0415 - import-light
    from tombola_sandbox.place import AlreadyServedError, place_from_environment  # noqa: PLC0415
    from tombola_sandbox.remote import AnswerError, play_folder  # noqa: PLC0415

    try:
        said = play_folder(place_from_environment(), folder)
    except (RecordingError, AnswerError, AlreadyServedError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(said)


@click.command()
@click.argument("text")
@click.option("--as", "username", default="priya_pours", show_default=True, help="Who posts.")
@click.option("--photos", type=click.IntRange(0, 4), default=1, show_default=True)
@click.option("--lang", default="en", show_default=True)
def post(text: str, username: str, photos: int, lang: str) -> None:
    """Let somebody post TEXT in the running sandbox, or in its folder if none runs."""
    from tombola_sandbox.place import AlreadyServedError, place_from_environment  # noqa: PLC0415
    from tombola_sandbox.remote import AnswerError, post_text  # noqa: PLC0415 - import-light

    try:
        said = post_text(
            place_from_environment(), username=username, text=text, photos=photos, lang=lang
        )
    except (KeyError, AnswerError, AlreadyServedError) as error:
        raise click.ClickException(str(error.args[0])) from error
    click.echo(said)
