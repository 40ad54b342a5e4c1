"""Settings of what messages say beside the alert: the metric's trend, affected operations, users impacted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from fraiseql_observe.config.declare import NO_SECRET, Secret, Size, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusSettings:
    """The Prometheus that evaluated the alerts; nothing is asked while `url` is empty."""

    url: str = setting(
        "Address of Prometheus or of what answers like it (Thanos, Mimir, VictoriaMetrics), with its path prefix. "
        "Empty: messages come without trend and affected operations.",
        default="",
        example="http://prometheus:9090",
        pattern=r"(https?://[^\s/?#@]+(/[^\s?#]*)?)?",
    )
    token: Secret = setting("Bearer token, when it asks for one.", default=NO_SECRET)
    username: str = setting("User name, when it asks for basic authentication.", default="")
    password: Secret = setting("Password of that user.", default=NO_SECRET)
    headers: Mapping[str, str] = setting(
        "Headers of every request.", factory=dict, example="{X-Scope-OrgID: production}"
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.token and self.username:
            yield "token", "give a token or a user name, not both"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichmentSettings:
    """How long and how much is asked; a message never waits longer than the budget."""

    enabled: bool = setting("Ask at all.", default=True)
    budget: timedelta = setting(
        "Longest time for all questions together. Messages that can be edited (Slack) go out at once and are edited "
        "when the answers come; email waits that long at most.",
        default=timedelta(seconds=5),
        minimum=0.1,
        maximum=60,
    )
    window: timedelta = setting(
        "Shortest time that the picture of the metric shows; it grows with the incident's age up to a day.",
        default=timedelta(hours=1),
        minimum=300,
        maximum=86400,
    )
    operations: int = setting("How many affected operations are named.", default=5, minimum=0, maximum=20)
    largest_answer: Size = setting(
        "Largest answer of Prometheus that is read; a larger one is left.",
        default=Size(4 * 1024 * 1024),
        minimum=65536,
        maximum=64 * 1024 * 1024,
    )
    concurrency: int = setting(
        "How many incidents are enriched at a time; others wait, within their budget.", default=4, minimum=1, maximum=64
    )
