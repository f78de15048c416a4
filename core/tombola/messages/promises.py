"""What a campaign promises: the part of it to which people agree when they ask to hear of it."""

from sqlalchemy import Connection

from tombola.campaigns import prizes
from tombola.campaigns.service import Campaign
from tombola.messages import rules


def promised(conn: Connection, campaign: Campaign) -> str:
    """The fingerprint of a campaign's dates, prizes and terms as they are now.

    Not its version, which a corrected word raises, too: for that nobody has to be asked again.
    A change that is taken back asks nobody either.
    """
    offered = [
        (each.uid, each.title, each.winners, each.stock, each.needs)
        for each in prizes.of_campaign(conn, campaign.id)
    ]
    return rules.fingerprint(
        {
            "kind": campaign.kind.value,
            "zone": campaign.zone,
            "from": campaign.starts_at.isoformat(),
            "to": campaign.ends_at.isoformat(),
            "terms": [campaign.terms_url, campaign.rules_text],
            "privacy": [campaign.privacy_url, campaign.privacy_text],
            "who": campaign.eligibility.model_dump(mode="json"),
            "needs": campaign.actions_required,
            "prizes": sorted(offered),
        }
    )
