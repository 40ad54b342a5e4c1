"""A mail in a real browser: light and dark, on a desk and on a phone, with its pictures and without.

`python tests/browser/mail/test_mail_looks.py docs/images/email-firing.png` takes the picture for the documentation.
"""

from __future__ import annotations

import base64
import html
import io
import json
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from fraiseql_observe.config.email import EmailDestination
from fraiseql_observe.incident.message import Enrichment, Links, Message, Trend
from fraiseql_observe.incident.model import (
    Action,
    Actor,
    Alert,
    AlertStatus,
    Event,
    EventKind,
    Incident,
    Severity,
    State,
)
from fraiseql_observe.notify.email import compose
from fraiseql_observe.notify.picture import draw
from fraiseql_observe.notify.templates import Templates

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOW = datetime(2026, 3, 2, 14, 31, tzinfo=UTC)
OPENED = NOW - timedelta(minutes=9)
ALERTMANAGER = Actor("Alertmanager", "alertmanager")
SUMMARY = "Too many GraphQL operations fail."
DESCRIPTION = "11.3% of the GraphQL operations of blog failed in the last 5m (threshold 5%)."
COMMON = {"alertname": "FraiseQLHighErrorRate", "severity": "critical", "job": "blog"}
SETTINGS = EmailDestination(host="localhost", sender="alerts@example.org", to=("oncall@example.org",))


def error_rate():
    chance = random.Random(3)  # the same picture every time
    for index in range(240):
        calm = 0.004 + chance.random() * 0.006
        broken = (max(0, index - 190) / 50) ** 1.2 * 0.11 * (0.9 + chance.random() * 0.2)
        yield NOW.timestamp() - (239 - index) * 15, calm + broken


def alert(instance, minutes):
    return Alert(
        fingerprint=instance,
        starts_ns=int((NOW - timedelta(minutes=minutes)).timestamp() * 1e9),
        status=AlertStatus.FIRING,
        labels={**COMMON, "instance": instance},
        annotations={"summary": SUMMARY, "description": DESCRIPTION},
    )


def message():
    incident = Incident(
        id="inc_01kjq2m000000000000001",
        key="k",
        state=State.FIRING,
        severity=Severity.CRITICAL,
        title="FraiseQLHighErrorRate: " + SUMMARY,
        receiver="observe",
        group_labels=COMMON,
        common_labels=COMMON,
        common_annotations={"summary": SUMMARY, "description": DESCRIPTION},
        opened_at=OPENED,
        updated_at=NOW,
        firing=2,
        total=2,
    )
    earlier = replace(incident, state=State.RESOLVED, resolved_by="Ada Lovelace")
    days = [NOW - timedelta(days=days, hours=3) for days in (3, 11)]
    return Message(
        delivery_id="dlv_01kjq2m000000000000001",
        action=Action.TRIGGER,
        incident=incident,
        alerts=(alert("blog-1:8000", 9), alert("blog-2:8000", 4)),
        change=Event(incident.id, OPENED, EventKind.OPENED, ALERTMANAGER),
        now=NOW,
        history=(
            Event(incident.id, OPENED, EventKind.OPENED, ALERTMANAGER),
            Event(incident.id, NOW - timedelta(minutes=4), EventKind.ALERTS_ADDED, ALERTMANAGER, data={"count": 1}),
        ),
        previous=tuple(replace(earlier, opened_at=day, resolved_at=day + timedelta(minutes=48)) for day in days),
        enrichment=Enrichment(
            trend=Trend(tuple(error_rate()), 0.05, "", "ratio", ">"),
            operations=("posts", "createComment", "(other operations)"),
            users=37,
            value="11.3 %",
            threshold="> 5 %",
        ),
        links=Links(*(f"https://observe.example.org/{number}" for number in range(7))),
    )


PROBE = """<script>
    onload = () => {
      const inner = document.querySelector("iframe").contentDocument;
      const buttons = [...inner.querySelectorAll(".button")].map((each) => each.getBoundingClientRect());
      document.body.innerHTML = JSON.stringify({
        page: inner.documentElement.scrollWidth,
        buttons: buttons.map((each) => Math.round(each.width)),
        picture: Math.round(inner.querySelector("img").getBoundingClientRect().width),
      });
    }</script></body>"""


def page(said, *, pictured=True):
    """The mail's HTML as a reader shows it: the picture from its part, or a blocked one."""
    png = draw(said.enrichment.trend, started=OPENED, now=NOW)
    raw, _ = compose.compose(said, "mail", SETTINGS, Templates().render, picture=png, largest=10**6)
    text = message_from_bytes(raw, policy=default).get_body(("html",)).get_content()
    shown = "data:image/png;base64," + base64.b64encode(png).decode() if pictured else ""
    return re.sub(r"cid:[^\"]+", shown, text)


def browse(folder, text, *flags):
    file = folder / "page.html"
    file.write_text(text)
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--user-data-dir={folder}",
    ]
    done = subprocess.run(
        [*command, "--virtual-time-budget=3000", *flags, file.as_uri()], check=True, capture_output=True, timeout=60
    )
    return done.stdout.decode()


def pictured(folder, text, *, width=760, height=1500, dark=False):
    scheme = [f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    shot = folder / "shot.png"
    browse(folder, text, *scheme, f"--window-size={width},{height}", f"--screenshot={shot}")
    return Image.open(io.BytesIO(shot.read_bytes())).convert("RGB")


def measured(folder, text, width):
    """Widths in CSS pixels of the whole page and of what is widest, where the page is that wide."""
    frame = f'<iframe style="border:0;width:{width}px;height:2000px" srcdoc="{html.escape(text, quote=True)}"></iframe>'
    said = browse(folder, f"<body>{frame}{PROBE}", "--dump-dom", "--window-size=1200,2100")
    return json.loads(re.search(r"\{.*\}", said)[0])


def brightness(image, box):
    red, green, blue = (
        sum(value * count for value, count in enumerate(channel.histogram())) for channel in image.crop(box).split()
    )
    pixels = (box[2] - box[0]) * (box[3] - box[1])
    return (red + green + blue) / 3 / pixels


pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on PATH (apt-get install chromium)")
EDGE, CARD = (0, 0, 20, 700), (90, 300, 110, 700)


def test_it_is_light_in_the_light_and_dark_in_the_dark(tmp_path):
    light, dark = (pictured(tmp_path, page(message()), dark=dark) for dark in (False, True))

    assert brightness(light, EDGE) > 220
    assert brightness(light, CARD) > 200
    assert brightness(dark, EDGE) < 40
    assert brightness(dark, CARD) < 90


@pytest.mark.parametrize("width", [320, 390, 760])
def test_nothing_is_wider_than_the_screen(tmp_path, width):
    long = message()
    name = "x" * 300
    evil = replace(long, incident=replace(long.incident, title=name, common_labels={"label": name}))
    seen = measured(tmp_path, page(evil), width)

    assert seen["page"] <= width
    assert seen["picture"] <= min(width, 580)
    if width < 600:
        assert min(seen["buttons"]) > width * 0.8, "a thumb finds them"


def test_with_images_off_nothing_is_missing_but_the_picture(tmp_path):
    text = page(message(), pictured=False)
    assert 'alt="The metric over time: now 11.3 %, alert when &gt; 5 %"' in text
    assert math.isclose(measured(tmp_path, text, 760)["page"], 760, abs_tol=1)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        picture = pictured(Path(scratch), page(message()), width=700, height=1420)
        picture.quantize(96, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)
