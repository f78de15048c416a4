"""What a plugin may import. Knows neither Flask, SQLAlchemy, RQ nor Redis."""

from tombola.api.actions import (
    ActionType as ActionType,
)
from tombola.api.actions import (
    Ask as Ask,
)
from tombola.api.actions import (
    Award as Award,
)
from tombola.api.actions import (
    Complaint as Complaint,
)
from tombola.api.actions import (
    Completed as Completed,
)
from tombola.api.actions import (
    Json as Json,
)
from tombola.api.actions import (
    NeedsIdentity as NeedsIdentity,
)
from tombola.api.actions import (
    Pending as Pending,
)
from tombola.api.actions import (
    Redirect as Redirect,
)
from tombola.api.actions import (
    Rejected as Rejected,
)
from tombola.api.actions import (
    Step as Step,
)
from tombola.api.actions import (
    Verdict as Verdict,
)
from tombola.api.actions import (
    View as View,
)
from tombola.api.channels import (
    Channel as Channel,
)
from tombola.api.channels import (
    Message as Message,
)
from tombola.api.channels import (
    NotNow as NotNow,
)
from tombola.api.channels import (
    Purpose as Purpose,
)
from tombola.api.channels import (
    Sent as Sent,
)
from tombola.api.config import (
    Config as Config,
)
from tombola.api.config import (
    Cursor as Cursor,
)
from tombola.api.config import (
    SourceConfig as SourceConfig,
)
from tombola.api.ctx import (
    Ctx as Ctx,
)
from tombola.api.ctx import (
    Db as Db,
)
from tombola.api.ctx import (
    Http as Http,
)
from tombola.api.ctx import (
    HttpResponse as HttpResponse,
)
from tombola.api.ctx import (
    Kv as Kv,
)
from tombola.api.ctx import (
    Log as Log,
)
from tombola.api.entries import (
    Allowed as Allowed,
)
from tombola.api.entries import (
    CampaignView as CampaignView,
)
from tombola.api.entries import (
    Change as Change,
)
from tombola.api.entries import (
    Denied as Denied,
)
from tombola.api.entries import (
    EntryDraft as EntryDraft,
)
from tombola.api.entries import (
    EntryView as EntryView,
)
from tombola.api.entries import (
    WinnerView as WinnerView,
)
from tombola.api.errors import (
    Busy as Busy,
)
from tombola.api.errors import (
    Conflict as Conflict,
)
from tombola.api.errors import (
    CredentialExpired as CredentialExpired,
)
from tombola.api.errors import (
    CursorLost as CursorLost,
)
from tombola.api.errors import (
    Fenced as Fenced,
)
from tombola.api.errors import (
    FetchError as FetchError,
)
from tombola.api.errors import (
    Forbidden as Forbidden,
)
from tombola.api.errors import (
    HttpError as HttpError,
)
from tombola.api.errors import (
    HttpFailed as HttpFailed,
)
from tombola.api.errors import (
    HttpRefused as HttpRefused,
)
from tombola.api.errors import (
    Invalid as Invalid,
)
from tombola.api.errors import (
    NotAllowed as NotAllowed,
)
from tombola.api.errors import (
    NotFound as NotFound,
)
from tombola.api.errors import (
    OutOfCredit as OutOfCredit,
)
from tombola.api.errors import (
    PermissionLost as PermissionLost,
)
from tombola.api.errors import (
    Retry as Retry,
)
from tombola.api.errors import (
    SourceGone as SourceGone,
)
from tombola.api.errors import (
    Throttled as Throttled,
)
from tombola.api.errors import (
    TombolaError as TombolaError,
)
from tombola.api.features import (
    Feature as Feature,
)
from tombola.api.health import (
    HealthCheck as HealthCheck,
)
from tombola.api.identity import (
    ContactCard as ContactCard,
)
from tombola.api.identity import (
    Flow as Flow,
)
from tombola.api.identity import (
    Identity as Identity,
)
from tombola.api.identity import (
    IdentityProvider as IdentityProvider,
)
from tombola.api.identity import (
    Proven as Proven,
)
from tombola.api.identity import (
    Who as Who,
)
from tombola.api.importers import (
    Estimate as Estimate,
)
from tombola.api.importers import (
    Importer as Importer,
)
from tombola.api.importers import (
    Item as Item,
)
from tombola.api.importers import (
    Lane as Lane,
)
from tombola.api.importers import (
    Limit as Limit,
)
from tombola.api.importers import (
    LimitSeen as LimitSeen,
)
from tombola.api.importers import (
    Media as Media,
)
from tombola.api.importers import (
    MediaKind as MediaKind,
)
from tombola.api.importers import (
    Page as Page,
)
from tombola.api.importers import (
    Scope as Scope,
)
from tombola.api.importers import (
    Window as Window,
)
from tombola.api.jobs import (
    Job as Job,
)
from tombola.api.settings import (
    Settings as Settings,
)
from tombola.api.storage import (
    Storage as Storage,
)
from tombola.api.text import (
    Phrase as Phrase,
)
from tombola.api.text import (
    Text as Text,
)
from tombola.api.text import (
    render as render,
)
from tombola.api.views import (
    Audience as Audience,
)
from tombola.api.views import (
    Views as Views,
)
from tombola.api.webhooks import (
    Accepted as Accepted,
)
from tombola.api.webhooks import (
    Delivery as Delivery,
)
from tombola.api.webhooks import (
    Reply as Reply,
)
from tombola.api.webhooks import (
    Webhook as Webhook,
)

__all__ = [
    "Accepted",
    "ActionType",
    "Allowed",
    "Ask",
    "Audience",
    "Award",
    "Busy",
    "CampaignView",
    "Change",
    "Channel",
    "Complaint",
    "Completed",
    "Config",
    "Conflict",
    "ContactCard",
    "CredentialExpired",
    "Ctx",
    "Cursor",
    "CursorLost",
    "Db",
    "Delivery",
    "Denied",
    "EntryDraft",
    "EntryView",
    "Estimate",
    "Feature",
    "Fenced",
    "FetchError",
    "Flow",
    "Forbidden",
    "HealthCheck",
    "Http",
    "HttpError",
    "HttpFailed",
    "HttpRefused",
    "HttpResponse",
    "Identity",
    "IdentityProvider",
    "Importer",
    "Invalid",
    "Item",
    "Job",
    "Json",
    "Kv",
    "Lane",
    "Limit",
    "LimitSeen",
    "Log",
    "Media",
    "MediaKind",
    "Message",
    "NeedsIdentity",
    "NotAllowed",
    "NotFound",
    "NotNow",
    "OutOfCredit",
    "Page",
    "Pending",
    "PermissionLost",
    "Phrase",
    "Proven",
    "Purpose",
    "Redirect",
    "Rejected",
    "Reply",
    "Retry",
    "Scope",
    "Sent",
    "Settings",
    "SourceConfig",
    "SourceGone",
    "Step",
    "Storage",
    "Text",
    "Throttled",
    "TombolaError",
    "Verdict",
    "View",
    "Views",
    "Webhook",
    "Who",
    "Window",
    "WinnerView",
    "render",
]
