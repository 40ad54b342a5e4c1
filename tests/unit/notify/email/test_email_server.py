"""Mails on their way to a real SMTP server: what it gets, and what its answers mean."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from mail_server import HANG_UP, HOLD, MailServer, certificate
from samples import message

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.email import EmailDestination, Encryption
from fraiseql_observe.errors import ConfigError, DeliveryError, Reason
from fraiseql_observe.incident.model import Action
from fraiseql_observe.notify.email import Email
from fraiseql_observe.notify.email.refusal import of_error

TO = ("anna@example.org", "ben@example.org")


def settings(port, **more):
    given = {"host": "localhost", "port": port, "encryption": Encryption.NONE, "sender": "alerts@example.org", "to": TO}
    return EmailDestination(**(given | more))


@pytest.fixture
async def server():
    async with MailServer() as server:
        yield server


@pytest.fixture
async def email(server, tools):
    destination = Email("mail", settings(server.port), tools)
    yield destination
    await destination.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("keys"))


async def refusal(email, message_=None):
    with pytest.raises(DeliveryError) as caught:
        await email.send(message_ or message())
    return caught.value


async def test_a_mail_arrives_whole_at_all_addresses(email, server):
    sent = await email.send(message())

    [(to, _)], [mail] = server.received, server.mails
    assert to == list(TO)
    assert sent.status == 250
    assert sent.ref == {"message_id": mail["Message-ID"], "subject": mail["Subject"]}
    related = mail.get_body(("related",))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "multipart/related"]
    html, picture = related.iter_parts()
    assert picture.get_content_type() == "image/png"
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in html.get_content()
    assert picture.get_content().startswith(b"\x89PNG")
    assert len(picture.get_content()) < 30_000


async def test_mails_of_an_incident_make_a_thread(email, server):
    first = await email.send(message())
    second = await email.send(message(Action.RESOLVE, delivery_id="dlv_2", receipt=first.ref))

    opened, resolved = server.mails
    assert resolved["In-Reply-To"] == resolved["References"] == opened["Message-ID"]
    assert resolved["Message-ID"] == "<dlv_2@example.org>"
    assert second.ref == {}, "the first mail's receipt stays"


async def test_a_repeat_is_known_by_its_message_id(email, server):
    await email.send(message())
    await email.send(message(attempt=2))

    assert len({mail["Message-ID"] for mail in server.mails}) == 1


async def test_connections_are_used_again(email, server):
    for _ in range(3):
        await email.send(message())

    assert server.connections == 1


async def test_a_connection_that_the_server_ended_is_made_again(email, server):
    await email.send(message())
    server.sessions[0].transport.abort()
    await email.send(message())

    assert len(server.received) == 2


@pytest.mark.parametrize("answer", ["421 4.4.2 too long idle", HANG_UP])
async def test_a_connection_that_the_server_ends_on_seeing_us_is_made_again(email, server, answer):
    await email.send(message())
    server.mail = [answer]
    await email.send(message())

    assert server.connections == 2
    assert len(server.received) == 2


async def test_a_refused_sender_is_a_refusal_on_any_connection(email, server):
    await email.send(message())
    server.mail = ["550 5.7.1 not from you"]

    assert not (await refusal(email)).retryable


async def test_a_connection_that_ends_after_the_message_was_sent_is_not_made_again(email, server):
    await email.send(message())
    server.data = [HANG_UP]

    assert (await refusal(email)).ambiguous
    assert server.connections == 1


async def test_an_old_connection_is_left(email, server, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.notify.email.smtp.IDLE_SECONDS", 0)
    await email.send(message())
    await email.send(message())

    assert server.connections == 2


async def test_only_so_many_connections_are_kept(email, server):
    raw = b"Subject: x\r\n\r\nx"
    await asyncio.gather(*(email._mailer.send(raw, "alerts@example.org", TO, 5) for _ in range(4)))

    assert len(server.received) == 4
    assert len(email._mailer._idle) == 2


async def test_a_busy_server_is_asked_again(email, server):
    server.data = ["451 4.3.0 come again"]

    error = await refusal(email)
    assert (error.retryable, error.reason, error.status, error.ambiguous) == (True, Reason.SERVER_ERROR, 451, False)
    assert "come again" in error.message
    assert (await email.send(message(attempt=2))).status == 250


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("554 5.7.1 no spam", Reason.CLIENT_ERROR),
        ("552 5.3.4 too big", Reason.TOO_LARGE),
        ("550 5.7.1 not you", Reason.CLIENT_ERROR),
    ],
)
async def test_a_no_for_good_is_not_asked_again(email, server, answer, reason):
    server.data = [answer]

    error = await refusal(email)
    assert (error.retryable, error.reason) == (False, reason)


async def test_a_crowded_server_is_known(email, server):
    server.data = ["450 4.7.1 rate limit exceeded"]

    assert (await refusal(email)).reason is Reason.RATE_LIMITED


async def test_nobody_knows_what_became_of_a_message_without_an_answer(server, tools):
    server.data = [HOLD]
    email = Email("mail", settings(server.port, timeout=timedelta(seconds=0.5)), tools)

    error = await refusal(email)
    assert (error.ambiguous, error.retryable, error.reason) == (True, True, Reason.TIMEOUT)
    await email.close()


async def test_nobody_knows_either_when_the_server_hangs_up_after_the_message(email, server):
    server.data = [HANG_UP]

    error = await refusal(email)
    assert (error.ambiguous, error.retryable, error.reason) == (True, True, Reason.CONNECTION)


async def test_a_server_that_never_greets_is_given_up(tools):
    async def silent(_reader, writer):
        await asyncio.sleep(30)
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    error = await refusal(Email("mail", settings(port, timeout=timedelta(seconds=0.3)), tools))
    listening.close()

    assert (error.ambiguous, error.retryable, error.reason) == (False, True, Reason.TIMEOUT)


async def test_a_server_that_turns_everybody_away_is_asked_again(tools):
    async def full(_reader, writer):
        writer.write(b"554 no service here\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(full, "127.0.0.1", 0)
    error = await refusal(Email("mail", settings(listening.sockets[0].getsockname()[1]), tools))
    listening.close()

    assert (error.retryable, error.status) == (True, 554)


async def test_a_server_that_only_knows_the_old_greeting_is_served(tools):
    said = []

    async def old(reader, writer):
        writer.write(b"220 old\r\n")
        while line := await reader.readline():
            said.append(line)
            writer.write(b"502 what?\r\n" if line.startswith(b"EHLO") else b"250 OK\r\n")
            if line.startswith(b"RCPT"):
                break
        writer.close()

    listening = await asyncio.start_server(old, "127.0.0.1", 0)
    error = await refusal(Email("mail", settings(listening.sockets[0].getsockname()[1]), tools))
    listening.close()

    assert [line.split()[0] for line in said] == [b"EHLO", b"HELO", b"MAIL", b"RCPT"]
    assert (error.retryable, error.ambiguous) == (True, False)


async def test_nobody_listens(tools, unused_tcp_port):
    error = await refusal(Email("mail", settings(unused_tcp_port), tools))

    assert (error.ambiguous, error.retryable, error.reason) == (False, True, Reason.CONNECTION)


async def test_an_address_that_does_not_exist_is_reported(email, server):
    server.rcpt = {TO[0]: ["550 5.1.1 no such user"]}
    sent = await email.send(message())

    assert server.received[0][0] == [TO[1]]
    assert "anna@example.org (550 5.1.1 no such user)" in sent.detail


async def test_an_address_that_may_come_later_is_sent_to_alone(email, server):
    server.rcpt = {TO[0]: ["450 4.2.0 greylisted"]}

    error = await refusal(email)
    assert (error.retryable, error.ambiguous) == (True, False)
    assert "1 of 2 addresses" in error.message
    await email.send(message(attempt=2))
    assert [to for to, _ in server.received] == [[TO[1]], [TO[0]]]
    await email.send(message(attempt=3))
    assert server.received[2][0] == list(TO), "it is forgotten when all have it"


async def test_what_some_have_is_remembered_of_the_newest_only(email, server, monkeypatch):
    monkeypatch.setattr("fraiseql_observe.notify.email.destination.REMEMBERED", 1)
    server.rcpt = {TO[0]: ["450 later"] * 2}
    for number in range(2):
        await refusal(email, message(delivery_id=f"dlv_{number}"))

    assert list(email._have_it) == ["dlv_1"]


async def test_when_all_are_refused_the_kindest_answer_counts(email, server):
    server.rcpt = {TO[0]: ["550 5.1.1 no"], TO[1]: ["452 4.2.2 full"]}
    assert (await refusal(email)).retryable

    server.rcpt = {TO[0]: ["550 5.1.1 no"], TO[1]: ["550 5.1.1 no"]}
    error = await refusal(email)
    assert (error.retryable, error.reason) == (False, Reason.NOT_FOUND)


async def test_starttls_with_a_login(keys, tools):
    async with MailServer(certificate=keys, user="observe:right") as server:
        login = {"encryption": Encryption.STARTTLS, "username": "observe", "ca_file": str(keys[0])}
        email = Email("mail", settings(server.port, password=Secret("right"), **login), tools)
        await email.send(message())
        assert len(server.received) == 1
        await email.close()

        wrong = Email("mail", settings(server.port, password=Secret("s3cret-wrong"), **login), tools)
        error = await refusal(wrong)
        assert (error.reason, error.retryable, error.status) == (Reason.AUTH, False, 535)
        assert "s3cret" not in str(error) + repr(wrong)


async def test_tls_from_the_first_byte(keys, tools):
    async with MailServer(certificate=keys, tls=True) as server:
        email = Email("mail", settings(server.port, encryption=Encryption.TLS, ca_file=str(keys[0])), tools)
        await email.send(message())
        await email.close()

    assert len(server.received) == 1


@pytest.mark.parametrize("encryption", [Encryption.STARTTLS, Encryption.TLS])
async def test_a_certificate_that_nobody_vouches_for_is_refused(keys, tools, encryption):
    async with MailServer(certificate=keys, tls=encryption is Encryption.TLS) as server:
        error = await refusal(Email("mail", settings(server.port, encryption=encryption), tools))

    assert error.reason is Reason.CONNECTION
    assert "certificate" in error.message
    assert "ca_file" in error.hint
    assert server.received == []


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionRefusedError()])
def test_who_is_not_there_is_looked_for_in_the_settings(error):
    assert of_error(error, written=False).hint == "check `host`, `port` and `encryption`"
    assert not of_error(error, written=True).hint, "it was there: it took the message"


async def test_nothing_is_sent_in_the_clear_when_encryption_is_asked_for(server, tools):
    error = await refusal(Email("mail", settings(server.port, encryption=Encryption.STARTTLS), tools))

    assert "STARTTLS" in error.message
    assert server.received == []


def test_a_missing_file_of_certificates_is_a_mistake_in_the_settings(tools):
    with pytest.raises(ConfigError, match=r"nowhere\.pem"):
        Email("mail", settings(25, encryption=Encryption.TLS, ca_file="nowhere.pem"), tools)


async def test_a_mail_that_is_too_large_for_the_server_goes_shorter(tools):
    async with MailServer(data_size_limit=26_000) as server:
        email = Email("mail", settings(server.port), tools)
        for number in range(2):
            await email.send(message(alerts=30, delivery_id=f"dlv_{number}"))
        await email.close()

    assert len(server.received) == 2
    for mail in server.mails:
        assert "image/png" not in [part.get_content_type() for part in mail.walk()]
    assert server.sessions[0].session.host_name == "example.org", "we greet with the sender's domain"
