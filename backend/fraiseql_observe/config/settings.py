"""All settings of the backend: one section each, declared where its subject is."""

from collections.abc import Mapping
from dataclasses import dataclass

from fraiseql_observe.config.alertmanager import AlertmanagerSettings
from fraiseql_observe.config.audit import AuditSettings
from fraiseql_observe.config.declare import setting
from fraiseql_observe.config.email import EmailDestination
from fraiseql_observe.config.enrichment import EnrichmentSettings, PrometheusSettings
from fraiseql_observe.config.opsgenie import OpsgenieDestination
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.config.policy import HoursSettings, IncidentSettings, PolicySettings, RouteSettings
from fraiseql_observe.config.server import AuthSettings, IntakeSettings, LogSettings, ServerSettings
from fraiseql_observe.config.slack import SlackDestination, SlackSettings
from fraiseql_observe.config.store import StoreSettings
from fraiseql_observe.config.templates import TemplatesSettings
from fraiseql_observe.config.watchdog import HeartbeatSettings, WatchdogSettings
from fraiseql_observe.config.webhook import WebhookDestination

Destination = SlackDestination | EmailDestination | PagerDutyDestination | OpsgenieDestination | WebhookDestination


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The root; its defaults run without a file."""

    server: ServerSettings = setting("Where the service listens and how people reach it.", factory=ServerSettings)
    intake: IntakeSettings = setting("Whose alerts are taken.", factory=IntakeSettings)
    auth: AuthSettings = setting("Who may use the REST interface and the console.", factory=AuthSettings)
    store: StoreSettings = setting("Where alerts, incidents and deliveries are kept.", factory=StoreSettings)
    destinations: Mapping[str, Destination] = setting(
        "Whom messages can go to, by names of your choice; `type` picks the kind.", factory=dict
    )
    policies: Mapping[str, PolicySettings] = setting(
        "Who is told when, and who next, by names of your choice.", factory=dict
    )
    routes: tuple[RouteSettings, ...] = setting(
        "Which policy an incident gets: that of the first route that fits it. Where none fits it is the policy "
        "`default`; where there is no such policy, all destinations are told at once.",
        default=(),
    )
    hours: Mapping[str, HoursSettings] = setting("Business hours, by names of your choice.", factory=dict)
    incidents: IncidentSettings = setting("When an incident is over.", factory=IncidentSettings)
    alertmanager: AlertmanagerSettings = setting(
        "The Alertmanager whose list of alerts is compared with ours.", factory=AlertmanagerSettings
    )
    watchdog: WatchdogSettings = setting("The alert that must keep coming in.", factory=WatchdogSettings)
    heartbeat: HeartbeatSettings = setting("The sign of life that goes out.", factory=HeartbeatSettings)
    prometheus: PrometheusSettings = setting("Who knows the metrics behind an alert.", factory=PrometheusSettings)
    audit: AuditSettings = setting("The audit log, and what may be asked of it.", factory=AuditSettings)
    enrichment: EnrichmentSettings = setting("What messages say beside the alert.", factory=EnrichmentSettings)
    slack: SlackSettings = setting("Whose clicks in Slack are believed.", factory=SlackSettings)
    templates: TemplatesSettings = setting("Message templates of your own.", factory=TemplatesSettings)
    log: LogSettings = setting("What the service logs.", factory=LogSettings)
