"""What is left of rewards when their campaign is deleted: nothing."""

from sqlalchemy import func, select

from tombola.privacy import reach
from tombola.rewards.models import reward_basis, reward_claim, reward_code, reward_stock


def test_codes_and_claims_go_with_their_campaign(booth):
    first = booth.action()
    prize, anna = booth.coded("A-1", "B-2", needs=1), booth.person()
    booth.does(anna, first)
    booth.claim(anna, prize)
    with booth.inst.db.write() as conn:
        for table, condition in reach.doomed(reach.of_campaign(booth.campaign.id)):
            reach.delete_some(conn, table, condition, 1000)
        for table in (reward_basis, reward_claim, reward_code, reward_stock):
            assert conn.execute(select(func.count()).select_from(table)).scalar() == 0, table.name
