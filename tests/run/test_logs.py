import subprocess
import sys

import pytest

from tombola.logs import as_line


def test_event_is_one_line_of_words():
    event = {
        "timestamp": "2026-06-01T12:00:00Z",
        "level": "info",
        "event": "page_fetched",
        "source": 7,
        "why": 'no "news" \n today',
    }

    assert as_line(None, "info", event) == (
        '2026-06-01T12:00:00Z info page_fetched source=7 why="no \\"news\\" \\n today"'
    )


@pytest.mark.parametrize(("value", "word"), [("", '""'), ("a=b", '"a=b"'), (None, "None")])
def test_odd_value_stays_one_word(value, word):
    assert as_line(None, "info", {"event": "x", "key": value}).endswith(f"x key={word}")


def test_traceback_follows_its_event():
    assert as_line(None, "error", {"event": "x", "exception": "Traceback"}) == "- - x\nTraceback"


def test_commands_keep_their_output_free_of_events():
    code = (
        "import structlog, click\n"
        "from tombola import cli\n"
        "@cli.main.command('say')\n"
        "def say():\n"
        "    structlog.get_logger().warning('noted', by='test')\n"
        "    click.echo('answer')\n"
        "cli.Commands.get_command = lambda self, ctx, name: say\n"
        "cli.main(['say'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout == "answer\n"
    assert "warning noted by=test" in result.stderr
