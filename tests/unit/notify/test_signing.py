"""Signatures as Standard Webhooks defines them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
import standardwebhooks

from fraiseql_observe.notify import signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(b"another secret of thirty-two byt").decode()


def test_the_vector_of_the_specification():
    """Source: github.com/standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py."""
    headers = signing.headers(signing.keys(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("known", [SECRET, OTHER])
def test_while_secrets_change_a_receiver_may_know_either(known):
    body = json.dumps({"title": "Überlast ✓"}).encode()
    headers = signing.headers(signing.keys(f"{SECRET} {OTHER}"), "dlv_1", int(datetime.now(UTC).timestamp()), body)
    assert standardwebhooks.Webhook(known).verify(body, headers) == {"title": "Überlast ✓"}


def test_a_changed_body_is_refused_by_the_receiver():
    headers = signing.headers(signing.keys(SECRET), "dlv_1", int(datetime.now(UTC).timestamp()), b"{}")
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(b"{ }", headers)


def test_without_a_secret_there_is_an_id_and_no_signature():
    assert set(signing.headers((), "dlv_1", 1, b"")) == {"webhook-id", "webhook-timestamp"}


@pytest.mark.parametrize(
    "secret",
    [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_!!!",
        "whsec_dG9vIHNob3J0",
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwé",
    ],
)
def test_what_is_no_secret_is_refused_and_not_shown(secret):
    with pytest.raises(ValueError, match="whsec_ and 24 to 64") as caught:
        signing.keys(secret)
    assert secret.removeprefix("whsec_")[:6] not in str(caught.value) or len(secret) < 8
