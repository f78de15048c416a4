"""What one process keeps for its widget: campaigns in memory, the writer, the polls."""

import threading
from dataclasses import dataclass

from flask import current_app

from tombola.installation import Installation
from tombola.widget.directory import FRESH_S, Directory
from tombola.widget.poll import Poll
from tombola.widget.tracking import Tracker

NAME = "tombola_widget"
_making = threading.Lock()


@dataclass(frozen=True, slots=True)
class Hot:
    """The handlers of the hot roads, and what they share."""

    directory: Directory
    tracker: Tracker
    poll: Poll


def make(inst: Installation, *, fresh_s: float = FRESH_S) -> Hot:
    """Handlers that share one directory, which reads a campaign again after ``fresh_s``."""
    directory = Directory(inst, fresh_s=fresh_s)
    return Hot(directory, Tracker(inst, directory), Poll(inst, directory))


def hot(inst: Installation) -> Hot:
    """The running application's one, made with the first request."""
    extensions = current_app.extensions
    if NAME not in extensions:
        with _making:
            if NAME not in extensions:
                extensions[NAME] = make(inst)
    found: Hot = extensions[NAME]
    return found
