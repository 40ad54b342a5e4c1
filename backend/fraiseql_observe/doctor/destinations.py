"""Destinations: is there somebody at their address? Nothing is sent, nobody logs in."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fraiseql_observe.config.email import EmailDestination, Encryption
from fraiseql_observe.config.opsgenie import OpsgenieDestination
from fraiseql_observe.config.pagerduty import PagerDutyDestination
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.config.webhook import WebhookDestination
from fraiseql_observe.doctor.finding import Finding, ok, wrong
from fraiseql_observe.notify.addresses import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fraiseql_observe.config.settings import Destination
    from fraiseql_observe.doctor.asked import Asked

_PORTS = {"https": 443, "http": 80}


def look(asked: Asked, name: str, settings: Destination) -> Iterator[Finding]:
    """Look whether a destination's address can be connected to."""
    subject = f"destination {name}"
    host, port, tls = address(settings)
    where = f"{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        yield wrong(
            subject, f"{host} has no address that could be found", "check its name in the settings, and the DNS"
        )
        return
    if isinstance(settings, WebhookDestination) and (refused := _refused(settings, [str(one[4][0]) for one in found])):
        advice = f"set destinations.{name}.allow_private: true, or put its network into allowed_networks"
        yield wrong(
            subject, f"{host} is at {refused}, which is no public address, and messages are not sent there", advice
        )
        return
    try:
        with socket.create_connection((host, port), timeout=asked.seconds) as connection:
            if tls:
                with ssl.create_default_context().wrap_socket(connection, server_hostname=host):
                    pass
    except ssl.SSLCertVerificationError:
        yield wrong(
            subject,
            f"{where} shows a certificate that is not trusted here",
            "add its authority to this machine's certificates",
        )
    except OSError as error:
        advice = "check host and port in the settings, and whether a firewall lets this machine out"
        yield wrong(subject, f"{where} cannot be connected to ({type(error).__name__})", advice)
    else:
        said = "answers, its certificate is trusted" if tls else "answers"
        yield ok(subject, f"{where} {said}; nothing was sent (fraiseql-observe alert test {name} does)")


def address(settings: Destination) -> tuple[str, int, bool]:
    """Host, port, and whether it speaks TLS from the first byte with a certificate that the system must trust."""
    if isinstance(settings, EmailDestination):
        return settings.host, settings.port, settings.encryption is Encryption.TLS and not settings.ca_file
    if isinstance(settings, SlackDestination):
        url = settings.webhook_url.reveal() or settings.api_url
    elif isinstance(settings, PagerDutyDestination | OpsgenieDestination):
        url = settings.base_url
    else:
        url = settings.url
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443), parts.scheme == "https"


def _refused(settings: WebhookDestination, addresses: list[str]) -> str:
    """The first address that the guard of webhooks refuses, when it refuses all."""
    networks = tuple(ipaddress.ip_network(network) for network in settings.allowed_networks)
    guard = Guard(anywhere=settings.allow_private, networks=networks)
    return "" if any(guard.allows(each) for each in addresses) else addresses[0]
