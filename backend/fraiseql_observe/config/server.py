"""Settings of the service itself: where it listens, whom it believes, what it logs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from fraiseql_observe.config.declare import NO_SECRET, Secret, Size, setting

INTAKE_LARGEST = 10 * 1024 * 1024
SCOPES = ("alerts:read", "alerts:write", "intake:write", "audit:read", "admin")
SCOPE = r"alerts:read|alerts:write|intake:write|admin|audit:read(:[a-z][a-z0-9_]{0,63})?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the service listens and how people reach it."""

    host: str = setting(
        "Address to listen on. Any other than loopback demands authentication of the intake.",
        default="127.0.0.1",
        example="0.0.0.0",  # noqa: S104  an example
    )
    port: int = setting("TCP port to listen on; 0 takes a free one.", default=9095, minimum=0, maximum=65535)
    public_url: str = setting(
        "Where people reach the console, without a slash at the end: links in messages begin with it. "
        "Without it messages have no links to the console.",
        default="",
        example="https://observe.example.com",
        pattern=r"(https?://[^\s/?#]+(/[^\s?#]*[^\s/?#])?)?",
    )
    read_timeout: timedelta = setting(
        "Longest time a client may take to send the body of a webhook.",
        default=timedelta(seconds=10),
        minimum=0.1,
        maximum=300,
    )
    idle_timeout: timedelta = setting(
        "Longest time a connection may wait for a request, or take for the head of one; then it is closed.",
        default=timedelta(seconds=75),
        minimum=0.1,
        maximum=3600,
    )
    connections: int = setting(
        "Most connections at a time; a further one takes the place of the oldest that has no request, and is closed at "
        "once where there is none. Each takes an open file of the process.",
        default=900,
        minimum=1,
        maximum=100_000,
    )
    request_timeout: timedelta = setting(
        "Longest time the service takes for an answer of its REST interface, and for which an answer may lie unread "
        "by its client; then the connection is ended.",
        default=timedelta(seconds=30),
        minimum=0.1,
        maximum=300,
    )
    drain_timeout: timedelta = setting(
        "Longest time to finish what has begun when the service is told to end.",
        default=timedelta(seconds=20),
        minimum=0,
        maximum=600,
    )
    trusted_proxies: int = setting(
        "How many reverse proxies stand in front: the client's address is taken that many places from the end of "
        "X-Forwarded-For. 0 ignores the header.",
        default=0,
        minimum=0,
        maximum=8,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """Whose alerts are taken, at `/webhooks/alertmanager`."""

    token: Secret = setting(
        "Bearer token that Alertmanager sends, as `http_config.authorization.credentials`.", default=NO_SECRET
    )
    username: str = setting("User name, when Alertmanager sends basic authentication instead.", default="")
    password: Secret = setting("Password of that user.", default=NO_SECRET)
    allow_anonymous: bool = setting(
        "Take alerts from everybody who can connect. On loopback this is so when neither token nor user is given.",
        default=False,
    )
    largest_body: Size = setting(
        "Largest webhook.", default=Size(INTAKE_LARGEST), minimum=65536, maximum=64 * 1024 * 1024
    )
    commit_timeout: timedelta = setting(
        "Longest wait for the store; then the answer is 503 and Alertmanager comes again.",
        default=timedelta(seconds=5),
        minimum=0.1,
        maximum=60,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if bool(self.username) != bool(self.password):
            yield "username", "a user name and its password go together"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSettings:
    """One token that comes from the configuration, for machines that are set up without a person."""

    token: Secret = setting("The token; best as `token_file`.")
    scopes: tuple[str, ...] = setting(
        "What it may do: alerts:read, alerts:write, intake:write, admin, audit:read for every audit question or "
        "audit:read:NAME for one.",
        default=("alerts:read",),
        pattern=SCOPE,
        example="[audit:read]",
    )
    tenants: tuple[str, ...] = setting(
        "Whose audit rows it may see; none given: every tenant's. Such a token has audit scopes only.", default=()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """Who may use the REST interface and the console; `fraiseql-observe token create` makes more tokens."""

    tokens: Mapping[str, TokenSettings] = setting("Tokens by name.", factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """What the service says on stderr."""

    level: str = setting("Least level that is logged.", default="info", allowed=("debug", "info", "warning", "error"))
    format: str = setting("One line of text or one JSON object an event.", default="text", allowed=("text", "json"))
    access: bool = setting("Log each request; costs the intake about a third of its pace.", default=False)
