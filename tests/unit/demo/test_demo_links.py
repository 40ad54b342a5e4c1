"""What a visitor is told: every place, and no secret."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from fraiseql_observe.demo import links


def stack(grafana=None):
    def server(name, pid):
        return SimpleNamespace(
            name=name, pid=pid, url=f"http://{name}", password="hunter2", token_secret="hunter2", settings_file=name
        )

    servers = [
        server(name, pid)
        for pid, name in enumerate(("blog", "prometheus", "alertmanager", "redis", "postgresql", "backend"))
    ]
    named = {each.name: each for each in servers}
    return SimpleNamespace(
        servers=servers,
        folder=Path("/scratch"),
        grafana=grafana,
        sinks=SimpleNamespace(url="http://sinks", secrets="hunter2"),
        reader_address="postgresql://reader@host/blog",
        reader_url="postgresql://reader:hunter2@host/blog",
        **named,
    )


def test_places_and_faults_without_secrets():
    text = "\n".join(links.lines(stack()))
    for place in (
        "http://blog/graphql",
        "http://prometheus/alerts",
        "http://alertmanager",
        "http://backend",
        "/scratch/console-token",
        "http://sinks/slack",
        "postgresql://reader@host/blog",
    ):
        assert place in text
    assert "kill 0 " in text
    assert "kill 3 " in text
    assert "kill -INT 4 " in text
    assert "hunter2" not in text
    assert "Grafana" not in text


def test_grafana_is_named_where_it_runs():
    assert "http://grafana/dashboards" in "\n".join(links.lines(stack(SimpleNamespace(url="http://grafana"))))
