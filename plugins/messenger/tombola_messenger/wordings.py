"""The utility templates: words that stand firm, since Meta approves them one by one. Pure.

None of them may advertise. ``{{1}}`` is the person's first name or what stands for it, ``{{2}}``
the campaign's title. Source: Messenger Platform, “Utility Messages”, templates; read 2026-11-21.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tombola.api import Purpose

LANGUAGES: Final = ("en", "de", "es", "ar")

#: Raised when words change: approved words of a name stay as they are.
VERSION: Final = 1

_TEXTS: Final[Mapping[Purpose, Mapping[str, str]]] = {
    Purpose.CONFIRMATION: {
        "en": "Hello {{1}}, your entry in “{{2}}” has been recorded. Write STOP to end messages.",
        "de": "Hallo {{1}}, deine Teilnahme an „{{2}}“ ist eingetragen. Schreib STOPP, um keine "
        "Nachrichten mehr zu bekommen.",
        "es": "Hola, {{1}}: tu participación en «{{2}}» está registrada. Escribe PARAR para no "
        "recibir más mensajes.",
        "ar": "مرحبًا {{1}}، تم تسجيل مشاركتك في «{{2}}». اكتب «توقف» لإيقاف الرسائل.",
    },
    Purpose.CAMPAIGN_CHANGED: {
        "en": "Hello {{1}}, dates or terms of “{{2}}”, which you have entered, have changed. The "
        "campaign's page says what is new. Write STOP to end messages.",
        "de": "Hallo {{1}}, bei „{{2}}“, woran du teilnimmst, haben sich Termine oder Bedingungen "
        "geändert. Was neu ist, steht auf der Seite der Aktion. Schreib STOPP, um keine "
        "Nachrichten mehr zu bekommen.",
        "es": "Hola, {{1}}: han cambiado las fechas o las condiciones de «{{2}}», en que "
        "participas. La página de la campaña dice qué es nuevo. Escribe PARAR para no recibir más "
        "mensajes.",
        "ar": "مرحبًا {{1}}، تغيّرت مواعيد أو شروط «{{2}}» التي تشارك فيها. تجد الجديد في صفحة "
        "الحملة. اكتب «توقف» لإيقاف الرسائل.",
    },
    Purpose.CAMPAIGN_ENDED: {
        "en": "Hello {{1}}, “{{2}}”, which you have entered, has ended. The campaign's page says "
        "how it goes on. Write STOP to end messages.",
        "de": "Hallo {{1}}, „{{2}}“, woran du teilgenommen hast, ist zu Ende. Wie es weitergeht, "
        "steht auf der Seite der Aktion. Schreib STOPP, um keine Nachrichten mehr zu bekommen.",
        "es": "Hola, {{1}}: «{{2}}», en que participaste, ha terminado. La página de la campaña "
        "dice cómo sigue. Escribe PARAR para no recibir más mensajes.",
        "ar": "مرحبًا {{1}}، انتهت «{{2}}» التي شاركت فيها. تجد ما يلي في صفحة الحملة. اكتب "
        "«توقف» لإيقاف الرسائل.",
    },
    Purpose.WINNER: {
        "en": "Hello {{1}}, there is news about your entry in “{{2}}”: it was drawn. Answer here "
        "to hear what happens next. Write STOP to end messages.",
        "de": "Hallo {{1}}, es gibt Neues zu deiner Teilnahme an „{{2}}“: sie wurde gezogen. "
        "Antworte hier, um zu erfahren, wie es weitergeht. Schreib STOPP, um keine Nachrichten "
        "mehr zu bekommen.",
        "es": "Hola, {{1}}: hay novedades sobre tu participación en «{{2}}»: ha salido en el "
        "sorteo. Responde aquí para saber cómo sigue. Escribe PARAR para no recibir más mensajes.",
        "ar": "مرحبًا {{1}}، هناك جديد عن مشاركتك في «{{2}}»: لقد سُحبت في القرعة. أجب هنا لتعرف "
        "الخطوة التالية. اكتب «توقف» لإيقاف الرسائل.",
    },
}

#: What stands for a first name that is not known: “Hello there”.
_SOMEBODY: Final = {"en": "there", "de": "du", "es": "buenas", "ar": "بك"}

#: What Meta's reviewers are shown in the places.
_EXAMPLES: Final = ("Ann", "A year of tea")


@dataclass(frozen=True, slots=True)
class Template:
    """A template in one language, as Meta is asked for it."""

    name: str
    language: str
    purpose: Purpose
    text: str

    @property
    def asked(self) -> Mapping[str, Any]:
        """The call that makes it."""
        body = {
            "type": "BODY",
            "text": self.text,
            "example": {"body_text": [list(_EXAMPLES)]},
        }
        return {
            "name": self.name,
            "language": self.language,
            "category": "UTILITY",
            "components": [body],
        }


def name_of(purpose: Purpose) -> str:
    """Name a purpose's template at Meta: small letters, digits and underscores."""
    return f"tombola_{purpose.value}_{VERSION}"


ALL: Final[Sequence[Template]] = tuple(
    Template(name_of(purpose), language, purpose, texts[language])
    for purpose, texts in _TEXTS.items()
    for language in LANGUAGES
)


def filled(name: str, language: str, values: Mapping[str, str]) -> Mapping[str, Any]:
    """Give the part of a utility message that names its template and fills the places."""
    places = (values.get("first_name") or _SOMEBODY[language], values.get("campaign") or "…")
    parameters = [{"type": "text", "text": each} for each in places]
    return {
        "name": name,
        "language": {"code": language},
        "components": [{"type": "body", "parameters": parameters}],
    }
