"""What the forms of prizes and of codes ask, with the words beside each field."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tombola.campaigns.prizes import MOST_STOCK, MOST_WINNERS, Delivery
from tombola.campaigns.rules import MOST_REQUIRED, Prose, Title


class WonFields(BaseModel):
    """What is asked of a prize that is drawn."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[Title, Field(title="Title", description="What somebody wins.")]
    description: Annotated[Prose, Field(title="Description")] = ""
    winners: Annotated[
        int,
        Field(
            title="Winners",
            ge=1,
            le=MOST_WINNERS,
            description="How many people win it.",
        ),
    ] = 1


class RewardFields(BaseModel):
    """What is asked of a prize that everybody gets who does enough."""

    model_config = ConfigDict(frozen=True)

    title: Annotated[Title, Field(title="Title", description="What somebody gets.")]
    description: Annotated[Prose, Field(title="Description")] = ""
    needs: Annotated[
        int,
        Field(
            title="Actions needed",
            ge=0,
            le=MOST_REQUIRED,
            json_schema_extra={"unit": "different actions"},
            description=(
                "It opens once so many different actions are done, and all required ones. "
                "0: the required ones alone."
            ),
        ),
    ] = 1
    stock: Annotated[
        int | None,
        Field(
            title="Stock",
            ge=0,
            le=MOST_STOCK,
            description="How many people can have it. Empty: no limit but the number of codes.",
        ),
    ] = None
    delivery: Annotated[
        Delivery,
        Field(
            title="How people get it",
            json_schema_extra={
                "labels": {
                    "code": "A code of their own, from your list",
                    "text": "The same text for everybody",
                    "contact": "You write to them",
                }
            },
        ),
    ] = Delivery.CODE
    delivery_text: Annotated[
        Prose,
        Field(
            title="What they read then",
            description="How to use the code, the text itself, or when they hear from you.",
        ),
    ] = ""


class CodesFields(BaseModel):
    """What is asked to bring codes."""

    model_config = ConfigDict(frozen=True)

    codes: Annotated[
        str,
        Field(
            title="Add codes",
            description=(
                "A text with one code a line, or a CSV with the codes in its first column; up to "
                "100,000 at a time. Codes that are there already are left out."
            ),
            json_schema_extra={"format": "list"},
        ),
    ] = ""
