"""All tables of the core, imported for the metadata's sake (migrations and their tests)."""

import tombola.admission.models
import tombola.campaigns.models
import tombola.claiming.models
import tombola.connections.models
import tombola.draws.models
import tombola.entrants.models
import tombola.entries.models
import tombola.handshakes.models
import tombola.importing.models
import tombola.inbox.models
import tombola.mail.models
import tombola.messages.models
import tombola.outbox.models
import tombola.people.models
import tombola.plans.models
import tombola.plugins.models
import tombola.privacy.models
import tombola.queue.models
import tombola.rewards.models
import tombola.teams.models
import tombola.widget.models  # noqa: F401 # each import adds its tables
from tombola.db.base import metadata as metadata  # noqa: PLC0414 # given on, with all tables
