"""All settings of the backend: one section each, declared where its subject is."""

from dataclasses import dataclass

from fraiseql_observe.config.declare import setting
from fraiseql_observe.config.server import AuthSettings, IntakeSettings, LogSettings, ServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The root; its defaults run without a file."""

    server: ServerSettings = setting("Where the service listens.", factory=ServerSettings)
    intake: IntakeSettings = setting("Whose alerts are taken.", factory=IntakeSettings)
    auth: AuthSettings = setting("Who may use the REST interface and the console.", factory=AuthSettings)
    log: LogSettings = setting("What the service logs.", factory=LogSettings)
