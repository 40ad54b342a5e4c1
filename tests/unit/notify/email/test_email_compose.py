"""What a mail says, and that nothing in an alert can make it say something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest
from samples import NOW, alert, incident, message

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.email import EmailDestination, Encryption
from fraiseql_observe.errors import DeliveryError, Reason, TemplateError
from fraiseql_observe.incident.message import Enrichment, Links, Trend
from fraiseql_observe.incident.model import Action, Actor, AlertStatus, Event, EventKind, Severity, State
from fraiseql_observe.notify.context import context
from fraiseql_observe.notify.email import Email, compose, view
from fraiseql_observe.notify.templates import Templates

SETTINGS = EmailDestination(host="localhost", sender="alerts@example.org", to=("anna@example.org",))
HOSTILE = (
    '"><script>alert(1)</script><img src=x onerror=y>\r\nBcc: eve@evil.example\r\n\r\nhello\u202e {{ 7*7 }} \x00\ud800'
)
ELEMENTS = "html head meta title style body div table tr td span h1 h2 p strong a img br code"
HEADERS = (
    "From To Subject Date Message-ID In-Reply-To References Auto-Submitted X-Auto-Response-Suppress List-Id Importance "
    "X-Priority MIME-Version Content-Type X-FraiseQL-Observe-Incident X-FraiseQL-Observe-State "
    "X-FraiseQL-Observe-Severity X-FraiseQL-Observe-Action X-FraiseQL-Observe-Delivery"
)
PNG = b"\x89PNG" + bytes(9000)


class Page(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    @property
    def links(self):
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]


def composed(said, *, settings=SETTINGS, picture=b"", largest=10**6, name="mail"):
    raw, ref = compose.compose(said, name, settings, Templates().render, picture=picture, largest=largest)
    return message_from_bytes(raw, policy=default), ref


def bodies(mail):
    return mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


def test_it_says_what_one_needs_to_know():
    mail, _ = composed(message(alerts=2))

    for body in bodies(mail):
        for said in ("HighErrorRate: errors are high", "Firing (2 alerts)", "40 %", "20 %", "getUser, listPosts", "7",
                     "instance=app-0:8000", "instance=app-1:8000", "https://alerts.example.org/act/abc"):  # fmt: skip
            assert said in body
    assert mail["Subject"] == "[Critical] HighErrorRate: errors are high"
    assert (mail["Importance"], mail["X-Priority"]) == ("high", "1")


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({"state": State.ACKNOWLEDGED, "acknowledged_by": "Ada"}, "[Acknowledged] HighErrorRate: errors are high"),
        ({"state": State.RESOLVED, "resolved_at": NOW}, "[Resolved] HighErrorRate: errors are high"),
        ({"severity": Severity.INFO}, "[Info] HighErrorRate: errors are high"),
    ],
)
def test_the_subject_says_how_it_stands(changes, subject):
    mail, _ = composed(message(Action.UPDATE, incident=incident(**changes)))

    assert mail["Subject"] == subject
    assert mail["Importance"] is None


def test_one_subject_for_an_incident_when_that_is_asked_for():
    settings = replace(SETTINGS, one_subject=True)
    first, ref = composed(message(), settings=settings)
    later, _ = composed(
        message(Action.RESOLVE, incident=incident(state=State.RESOLVED), receipt=ref), settings=settings
    )

    assert later["Subject"] == f"Re: {first['Subject']}"


def test_buttons_are_those_that_make_sense():
    every = Links(*(f"https://x.example/{number}" for number in range(7)))

    def texts(state):
        return [
            button.text for button in view.variables(message(incident=incident(state=state), links=every))["buttons"]
        ]

    rest = ["View dashboard", "Runbook", "Open incident"]
    assert texts(State.FIRING) == ["Acknowledge", "Resolve", *rest]
    assert texts(State.ACKNOWLEDGED) == ["Resolve", *rest]
    assert texts(State.RESOLVED) == rest
    assert view.variables(message(links=Links()))["buttons"] == ()


def test_history_and_advice():
    earlier = incident(state=State.RESOLVED, resolved_at=NOW, resolved_by="Ada")
    events = tuple(
        Event("i", NOW, kind, Actor("Ada", "console"), "mine & yours")
        for kind in (EventKind.OPENED, EventKind.DELIVERED, EventKind.ACKNOWLEDGED)
    )
    own = replace(
        alert(), annotations={"runbook_actions": "restart `app`, please"}, ended_at=NOW, status=AlertStatus.RESOLVED
    )
    text, html = bodies(composed(replace(message(), history=events, previous=(earlier,), alerts=(own,)))[0])

    assert "- restart `app`, please" in text
    assert ">app</code>, please" in html
    assert "Acknowledged by Ada: mine & yours" in text
    assert "Acknowledged by Ada: mine &amp; yours" in html
    assert "lasted 30 s, resolved by Ada" in text
    assert "delivered" not in text
    assert "12:00 UTC, for 29 s" in text


def test_the_news_of_a_first_mail_is_the_incident_itself():
    def news(kind, **changes):
        return view.variables(replace(message(), change=Event("i", NOW, kind, Actor("x", "escalation")), **changes))[
            "news"
        ]

    assert news(EventKind.OPENED) == "New incident"
    assert news(EventKind.ESCALATED, step=1) == "New incident"
    assert news(EventKind.ESCALATED, step=2) == "Escalated"
    assert news(EventKind.REOPENED, action=Action.REOPEN) == "Firing again"


def test_without_anything_known_it_still_stands():
    bare = replace(message(), enrichment=Enrichment(), links=Links(), alerts=(), history=())
    text, html = bodies(composed(bare)[0])

    assert "What to do" not in html
    assert "Users" not in text
    assert "<a " not in html


def hostile():
    labels = {"alertname": HOSTILE, "severity": "critical", HOSTILE: HOSTILE, "big": "x" * 100_000}
    evil = replace(
        alert(),
        labels=labels,
        annotations=dict.fromkeys(("summary", "description", "value", "runbook_actions"), HOSTILE),
    )
    of = incident(title=HOSTILE, common_labels=labels, common_annotations={"summary": HOSTILE}, id="inc_1")
    event = Event("i", NOW, EventKind.COMMENTED, Actor(HOSTILE, "console"), HOSTILE)
    return replace(
        message(),
        delivery_id="dlv_\r\nX: y",
        incident=of,
        alerts=(evil,) * 30,
        change=event,
        history=(event,) * 3,
        previous=(replace(of, resolved_by=HOSTILE),),
        enrichment=Enrichment(operations=(HOSTILE,) * 30, value=HOSTILE, threshold=HOSTILE, users=1),
        receipt={"message_id": "<a@b>\r\nBcc: eve@evil.example"},
    )


def test_nothing_that_an_alert_holds_gets_out_of_its_place():
    mail, _ = composed(hostile(), picture=PNG, name="a\r\nb")

    assert mail["Bcc"] is None
    assert not mail.defects
    assert set(mail.keys()) <= set(HEADERS.split())
    text, html = bodies(mail)
    page = Page(html)
    assert page.open == []
    tags = {tag for tag, _ in page.elements}
    assert tags <= set(ELEMENTS.split())
    assert [each for _, each in page.elements if any(name.startswith("on") for name in each)] == []
    assert [each["src"] for tag, each in page.elements if tag == "img"] == [
        f"cid:{mail.get_body(('related',)).get_payload()[1]['Content-ID'][1:-1]}"
    ]
    assert all(link.startswith("https://") for link in page.links)
    assert "\u202e" not in html + text
    assert "{{ 7*7 }}" in text, "a value is no template"
    assert len(html) < 150_000


def test_whatever_is_huge_is_cut():
    huge = "<b>" * 10_000
    said = hostile()
    labels = {f"{huge}{number}": huge for number in range(3)} | {"alertname": huge}
    texts = dict.fromkeys(("summary", "description", "value", "runbook_actions"), huge)
    event = replace(said.change, comment=huge)
    of = replace(said.incident, title=huge, common_annotations=texts, acknowledged_by=huge, state=State.ACKNOWLEDGED)
    mail, _ = composed(
        replace(
            said,
            incident=of,
            alerts=(replace(alert(), labels=labels, annotations=texts),) * 100,
            change=event,
            history=(event,) * 50,
            previous=(replace(of, resolved_by=huge),) * 20,
            enrichment=Enrichment(operations=(huge,) * 50, value=huge, threshold=huge),
            links=Links(*(["https://x.example/" + "a" * 1980] * 7)),
        )
    )

    assert len(bodies(mail)[1]) < 150_000
    assert len(mail["Subject"]) <= 200


def test_every_line_fits_smtp_and_is_ascii():
    raw, _ = compose.compose(hostile(), "mail", SETTINGS, Templates().render, picture=PNG, largest=10**6)

    assert raw.isascii()
    assert b"\r\n" in raw
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_addresses_may_be_international():
    settings = replace(
        SETTINGS,
        sender="alerts@bücher.example",
        sender_name="Wächter, \r\nnachts",
        to=("kim@straße.example",),
        reply_to="a@b.example",
    )
    mail, _ = composed(message(), settings=settings)

    assert mail["From"].addresses[0].addr_spec == "alerts@xn--bcher-kva.example"
    assert mail["From"].addresses[0].display_name == "Wächter, nachts"
    assert mail["To"].addresses[0].domain == "strasse.example"
    assert mail["Message-ID"].endswith("@xn--bcher-kva.example>")
    assert mail["Reply-To"] == "a@b.example"


def test_the_picture_goes_first_then_most_alerts_then_it_is_too_large():
    long = message(alerts=30)
    whole, _ = composed(long, picture=PNG)
    size = len(whole.as_bytes())
    without, _ = composed(long, picture=PNG, largest=size - 1000)
    short, _ = composed(long, picture=PNG, largest=len(without.as_bytes()) - 1000)

    assert "image/png" in [part.get_content_type() for part in whole.walk()]
    assert "image/png" not in [part.get_content_type() for part in without.walk()]
    assert "and 10 more" in bodies(without)[0]
    assert "and 25 more" in bodies(short)[0]
    with pytest.raises(DeliveryError) as caught:
        composed(long, largest=100)
    assert (caught.value.reason, caught.value.retryable) == (Reason.TOO_LARGE, False)


def test_settings_that_cannot_work():
    def problems(**more):
        given = {"host": "h", "sender": "a@b.example", "to": ("c@d.example",)} | more
        return [key for key, _ in EmailDestination(**given).problems()]

    assert problems() == []
    assert problems(to=()) == ["to"]
    assert problems(to=("nobody",), sender="x y@z", reply_to="<a@b>\r\n") == ["to", "sender", "reply_to"]
    assert problems(encryption=Encryption.NONE, username="u") == ["encryption"]
    assert problems(password=Secret("x")) == ["username"]


async def test_a_broken_picture_or_template_loses_nothing_unsaid(tools, caplog):
    email = Email("mail", SETTINGS, tools)
    endless = replace(message(), enrichment=Enrichment(trend=Trend(((float("inf"), 1.0), (0.0, 1.0)))))
    assert email._picture(endless) == b""
    assert "could not be drawn" in caplog.text
    assert email._picture(replace(message(), enrichment=Enrichment())) == b""
    assert email._picture(replace(message(), alerts=(), now=NOW + timedelta(minutes=1)))

    def broken(*_):
        raise TemplateError("The template email/body.html.j2, line 3: no.")

    email._render = broken
    with pytest.raises(DeliveryError) as caught:
        await email.send(message())
    assert (caught.value.reason, caught.value.retryable) == (Reason.TEMPLATE, False)
    assert email.channel == "email:localhost:587:"


def test_a_preview_is_what_would_be_sent(tools):
    shown = Email("mail", SETTINGS, tools).preview(message())
    mail, _ = composed(message())

    assert shown["subject"] == mail["Subject"]
    assert shown["text"].split() == bodies(mail)[0].split()
    assert 'src="data:image/png;base64,iVBOR' in shown["html"]
    assert "<img" not in Email("mail", replace(SETTINGS, picture=False), tools).preview(message())["html"]


def test_a_summary_that_is_the_title_is_not_said_twice():
    own = replace(
        message(), incident=incident(title="Errors are high", common_annotations={"summary": "Errors are high"})
    )
    assert bodies(composed(own)[0])[0].count("Errors are high") == 1
    assert bodies(composed(message())[0])[0].count("Errors are high") == 1


def test_what_each_alert_says_of_itself_is_listed_with_it():
    def told(number, **annotations):
        return replace(alert(number), annotations=annotations)

    own = replace(
        message(),
        incident=incident(common_annotations={"summary": "top", "description": "above"}),
        alerts=(told(0, description="above"), told(1, description="its own"), told(2, summary="short")),
    )
    assert [row.summary for row in view.variables(own)["rows"]] == ["", "its own", "short"]


def test_every_variable_of_a_mail_is_documented():
    page = (Path(__file__).parents[4] / "docs" / "how-to" / "notify-email.md").read_text()
    own = view.variables(message()).keys() - context(message()).keys()

    assert {name for name in own if f"`{name}`" not in page} == set()


@pytest.mark.parametrize(
    ("changes", "fact"),
    [
        ({}, ("Since", "12:00 UTC, for 30 s")),
        ({"opened_at": NOW}, ("Since", "12:00 UTC")),
        ({"state": State.RESOLVED, "resolved_at": NOW}, ("Duration", "30 s")),
    ],
)
def test_how_long(changes, fact):
    assert fact in view.variables(message(incident=incident(**changes)))["facts"]
