"""What people type to a page that means something here: to stop, to start again, a code. Pure."""

import re
from typing import Final
from unicodedata import normalize

#: Whole messages that end what we send. A longer message that contains such a word is a
#: conversation: “don't stop!” ends nothing. Ours, after the words that mobile carriers prescribe;
#: in the languages of the widget.
STOP: Final = frozenset(
    {
        *("stop", "stop all", "stopall", "unsubscribe", "cancel", "end", "quit", "opt out"),
        *("optout", "stop messages", "leave me alone"),
        *("stopp", "abmelden", "abbestellen", "aufhören", "beenden", "keine nachrichten mehr"),
        *("parar", "alto", "baja", "darse de baja", "cancelar", "cancelar suscripción"),
        *("no más mensajes", "detener"),
        *("توقف", "قف", "إيقاف", "ايقاف", "إلغاء", "الغاء", "إلغاء الاشتراك", "الغاء الاشتراك"),
    }
)
#: Whole messages that take a stop back.
START: Final = frozenset(
    {
        *("start", "unstop", "subscribe", "resume"),
        *("anmelden", "starten", "weiter"),
        *("empezar", "suscribir", "suscribirme"),
        *("ابدأ", "ابدا", "اشترك", "اشتراك"),
    }
)

#: Letters and digits that are not taken for one another. Ours.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 8
_GROUP: Final = CODE_LENGTH // 2
#: Every place is looked at, since a word before the code may look like half of one.
_CODE: Final = re.compile(
    rf"(?<![0-9A-Z])(?=([{ALPHABET}]{{4}})[\s-]?([{ALPHABET}]{{4}})(?![0-9A-Z]))"
)
#: A message in which a code is looked for; one that is longer is a conversation. Ours.
LOOKED_AT: Final = 200
#: Candidates in one message. Ours.
CANDIDATES: Final = 5

_EDGES: Final = re.compile(r"^[\W_]+|[\W_]+$")


def is_stop(typed: str) -> bool:
    """Tell whether a message asks for the end of all messages.

    >>> is_stop(" Stop! "), is_stop("¡BAJA!"), is_stop("don't stop")
    (True, True, False)
    """
    return _plainly(typed) in STOP


def is_start(typed: str) -> bool:
    """Tell whether a message takes a stop back."""
    return _plainly(typed) in START


def codes_in(typed: str) -> list[str]:
    """Give what may be a code, in the spelling in which codes are kept.

    >>> codes_in("my code: k7qm-4xpa, thanks")
    ['K7QM4XPA']
    """
    shown = normalize("NFKC", typed[:LOOKED_AT]).upper()
    return [first + second for first, second in _CODE.findall(shown)][:CANDIDATES]


def spelt(code: str) -> str:
    """Give a code as people read it.

    >>> spelt("K7QM4XPA")
    'K7QM-4XPA'
    """
    return f"{code[:_GROUP]}-{code[_GROUP:]}"


def _plainly(typed: str) -> str:
    if len(typed) > LOOKED_AT:
        return ""
    return _EDGES.sub("", " ".join(normalize("NFC", typed).casefold().split()))
