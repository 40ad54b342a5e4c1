"""Slack: one message per incident, edited to its newest state, with a thread that tells what happened."""

from fraiseql_observe.notify.slack.destination import Slack, SlackWebhook, create

__all__ = ["Slack", "SlackWebhook", "create"]
