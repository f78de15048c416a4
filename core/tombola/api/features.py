"""Features: what the operator can put into a plan."""

from __future__ import annotations

from dataclasses import dataclass

from tombola.api.text import Text


@dataclass(frozen=True, slots=True)
class Feature:
    """A switch or a quota in a plan. Every action type and importer is one implicitly.

    Attributes:
        key: ``slug.thing``; the key of an own action type or importer refines the implicit one.
        plan: the first of Free, Pro, Business, Premium that has it when the operator has not
            chosen; one of ``free``, ``pro``, ``business``, ``premium``.
        quota: counted, in ``unit`` words; ``default`` units where it is on.
    """

    key: str
    title: Text
    plan: str = "business"
    quota: bool = False
    unit: Text = ""
    default: int = 0
