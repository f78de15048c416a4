"""What the rooms bring to the house: their pages and their kinds of duty, each list once."""

from tombola.campaigns import pictures as campaign_pictures
from tombola.campaigns import public as campaigns_public
from tombola.claiming import admin as claiming_admin
from tombola.claiming import jobs as claiming_jobs
from tombola.connections import jobs as connection_jobs
from tombola.desk import accounts as desk_accounts
from tombola.desk import actions as desk_actions
from tombola.desk import asking as desk_asking
from tombola.desk import campaigns as desk_campaigns
from tombola.desk import charts as desk_charts
from tombola.desk import content as desk_content
from tombola.desk import dates as desk_dates
from tombola.desk import previewing as desk_preview
from tombola.desk import prizes as desk_prizes
from tombola.desk import starting as desk_starting
from tombola.desk import words as desk_words
from tombola.draws import admin as draws_admin
from tombola.draws import admin_announce as draws_announce
from tombola.draws import admin_draw as draws_draw
from tombola.draws import admin_won as draws_won
from tombola.draws import checking as draws_checking
from tombola.draws import events as draws_events
from tombola.draws import jobs as draws_jobs
from tombola.draws import landing as draws_landing
from tombola.draws import public as draws_public
from tombola.entries import admin as entries_admin
from tombola.entries import admin_bulk as entries_bulk
from tombola.entries import admin_files as entries_files
from tombola.entries import events as entries_events
from tombola.entries import jobs as entries_jobs
from tombola.importing import admin as importing_admin
from tombola.importing import admin_media as importing_media
from tombola.importing import admin_pictures as importing_pictures
from tombola.importing import admin_source as importing_source
from tombola.importing import jobs as importing_jobs
from tombola.importing import public as importing_public
from tombola.inbox import jobs as inbox_jobs
from tombola.inbox import public as inbox_public
from tombola.mail import admin as mail_admin
from tombola.mail import jobs as mail_jobs
from tombola.messages import admin as messages_admin
from tombola.messages import jobs as messages_jobs
from tombola.operators import admin as operators_admin
from tombola.operators import members_admin as operator_members
from tombola.outbox import jobs as outbox_jobs
from tombola.people import admin as people_admin
from tombola.plans import admin as plans_admin
from tombola.plans import teams_admin as operator_teams
from tombola.plugins import jobs as plugin_jobs
from tombola.privacy import admin as privacy_admin
from tombola.privacy import deletion_jobs, retention
from tombola.privacy import events as privacy_events
from tombola.privacy import jobs as privacy_jobs
from tombola.privacy import people_admin as erasing_admin
from tombola.privacy import public as privacy_public
from tombola.queue.kinds import Kind, Kinds
from tombola.rest import described as rest
from tombola.rewards import admin as rewards_admin
from tombola.teams import (
    account_admin,
    audit_admin,
    members_admin,
    second_step_admin,
    tokens_admin,
)
from tombola.teams import admin as teams_admin
from tombola.teams import jobs as team_jobs
from tombola.web.routing import Pages
from tombola.widget import admin as widget_admin
from tombola.widget import api as tracking_api
from tombola.widget import claims_public, handing, loading, proving_public, rewards_public
from tombola.widget import hot_public as widget_hot
from tombola.widget import jobs as widget_jobs
from tombola.widget import outcomes as widget_outcomes
from tombola.widget import public as widget_public

PAGES: tuple[Pages, ...] = (
    teams_admin.pages,
    account_admin.pages,
    second_step_admin.pages,
    members_admin.pages,
    audit_admin.pages,
    tokens_admin.pages,
    operator_teams.pages,
    plans_admin.pages,
    operators_admin.pages,
    operator_members.pages,
    mail_admin.pages,
    campaigns_public.pages,
    desk_campaigns.pages,
    desk_actions.pages,
    desk_accounts.pages,
    desk_words.pages,
    desk_content.pages,
    desk_asking.pages,
    desk_dates.pages,
    desk_starting.pages,
    desk_preview.pages,
    desk_prizes.pages,
    rewards_admin.pages,
    desk_charts.pages,
    draws_admin.pages,
    draws_draw.pages,
    draws_won.pages,
    draws_announce.pages,
    draws_public.pages,
    draws_checking.pages,
    entries_admin.pages,
    entries_files.pages,
    entries_bulk.pages,
    claiming_admin.pages,
    messages_admin.pages,
    people_admin.pages,
    importing_admin.pages,
    importing_source.pages,
    importing_media.pages,
    importing_pictures.pages,
    importing_public.pages,
    inbox_public.pages,
    widget_admin.pages,
    tracking_api.pages,
    *rest.PAGES,
    widget_public.pages,
    widget_hot.pages,
    loading.pages,
    proving_public.pages,
    privacy_admin.pages,
    erasing_admin.pages,
    privacy_public.pages,
    claims_public.pages,
    rewards_public.pages,
    handing.pages,
)

widget_outcomes.tell(draws_landing.outcomes)


def kinds() -> Kinds:
    """Every kind of duty of this installation."""
    found: list[Kind] = [
        *outbox_jobs.kinds(entries_events.READERS | privacy_events.READERS | draws_events.READERS),
        *entries_jobs.kinds(),
        *connection_jobs.kinds(),
        *inbox_jobs.kinds(),
        *importing_jobs.kinds(),
        *claiming_jobs.kinds(),
        *draws_jobs.kinds(),
        *campaign_pictures.kinds(),
        *mail_jobs.kinds(),
        *messages_jobs.kinds(),
        *plugin_jobs.kinds(),
        *privacy_jobs.kinds(),
        *retention.kinds(),
        *deletion_jobs.kinds(),
        *team_jobs.kinds(),
        *widget_jobs.kinds(),
    ]
    return Kinds(found)
