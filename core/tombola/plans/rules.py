"""What a plan includes: pure decisions."""

from collections.abc import Mapping
from dataclasses import dataclass

from tombola.api import Allowed, Denied, Feature, Phrase

#: The first plans of an installation, in order: key and title. The operator may change them.
FIRST_PLANS = (
    ("free", "Free"),
    ("pro", "Pro"),
    ("business", "Business"),
    ("premium", "Premium"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What the operator decided about one feature in one plan."""

    enabled: bool
    quota: int | None = None


def included(feature: Feature, plan: str, line: Line | None, order: Mapping[str, int]) -> Line:
    """Say what a plan has of a feature.

    Args:
        feature: declares from which plan on it is included.
        plan: key of the plan in question.
        line: the operator's decision, which wins; None when there is none.
        order: position by plan key. A feature whose plan no longer exists is included in none.
    """
    if line is not None:
        quota = feature.default if line.quota is None and feature.quota else line.quota
        return Line(line.enabled, quota if feature.quota else None)
    here, first = order.get(plan), order.get(feature.plan)
    enabled = here is not None and first is not None and here >= first
    return Line(enabled, feature.default if feature.quota else None)


def decide(feature: Feature, plan: str, line: Line, amount: int, used: int) -> Allowed | Denied:
    """Decide about ``amount`` more units of a feature of which ``used`` are in use."""
    values = {"feature": str(feature.title), "plan": plan}
    if not line.enabled:
        return Denied(Phrase("“%(feature)s” is not part of the plan %(plan)s.", values), "plan")
    if line.quota is None:
        return Allowed()
    left = line.quota - used
    if amount > left:
        values |= {"quota": str(line.quota)}
        said = Phrase("The plan %(plan)s includes %(quota)s of “%(feature)s”.", values)
        return Denied(said, "plan")
    return Allowed(left - amount)
