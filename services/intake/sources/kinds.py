"""The kinds of upstream systems that a sources file may name; used by accountfile.py."""

from services.intake.sources.hubspot import HubSpot
from services.intake.sources.intercom import Intercom
from services.intake.sources.jira import Jira
from services.intake.sources.mailgun import Mailgun
from services.intake.sources.mapped import Mapped
from services.intake.sources.postmark import Postmark
from services.intake.sources.salesforce import Salesforce
from services.intake.sources.sendgrid import SendGrid
from services.intake.sources.source import Source
from services.intake.sources.twilio import Twilio
from services.intake.sources.zendesk import Zendesk

_ALL: tuple[Source, ...] = (
    Zendesk(),
    Salesforce(),
    HubSpot(),
    Jira(),
    Intercom(),
    Postmark(),
    SendGrid(),
    Mailgun(),
    Twilio(),
    Mapped("mapping", has_preset=False),
    Mapped("freshdesk"),
    Mapped("zendesk-trigger"),
    Mapped("surveymonkey"),
    Mapped("qualtrics"),
)
KINDS: dict[str, Source] = {source.kind: source for source in _ALL}
