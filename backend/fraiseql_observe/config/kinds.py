"""Which settings a destination of each type has."""

from fraiseql_observe.config.destinations import DestinationSettings
from fraiseql_observe.config.email import EmailDestination
from fraiseql_observe.config.opsgenie import OpsgenieDestination
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.config.webhook import WebhookDestination

ALL = (SlackDestination, EmailDestination, PagerDutyDestination, OpsgenieDestination, WebhookDestination)
KINDS: dict[str, type[DestinationSettings]] = {settings.kind: settings for settings in ALL}
