"""Listeners hear their topic, each on its own."""

from __future__ import annotations

from fraiseql_observe.store.topics import Topics


def test_listeners_hear_their_topic_until_they_stop(caplog):
    topics, heard = Topics(), []

    def fails():
        raise LookupError

    stops = [topics.listen("a", lambda name=name: heard.append(name)) for name in ("one", "two")]
    topics.listen("b", lambda: heard.append("b"))
    topics.listen("a", fails)
    topics.wake(["a", "nobody"])
    assert heard == ["one", "two"]
    assert caplog.records[0].topic == "a"
    stops[0]()
    stops[0]()
    topics.wake_all()
    assert heard == ["one", "two", "two", "b"]


def test_a_listener_may_stop_itself():
    topics, heard = Topics(), []

    def once():
        heard.append(1)
        stop()

    stop = topics.listen("a", once)
    topics.wake(["a"])
    topics.wake(["a"])
    assert heard == [1]
