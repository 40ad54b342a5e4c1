"""From file and environment to typed settings, with every problem told by file, line and key."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fraiseql_observe.config.declare import Secret
from fraiseql_observe.config.load import load
from fraiseql_observe.config.settings import Settings
from fraiseql_observe.config.slack import SlackDestination
from fraiseql_observe.errors import ConfigError
from fraiseql_observe.web.settings_check import problems

WHOLE = """
server:
  host: 0.0.0.0
  port: 9100
  drain_timeout: 1m30s
intake:
  token: abc
  largest_body: 20MiB
destinations:
  team-chat:
    type: slack
    token: xoxb-1
    channel: C024BE91L
    actions: [trigger, resolve]
  hook:
    type: webhook
    url: https://example.org/hook
    headers: {X-Team: databases}
policies:
  night:
    steps:
      - destinations: [team-chat]
      - destinations: [hook]
        wait: 5m
    until: resolved
hours:
  office: {open: [mon-fri 09:00-18:00]}
routes:
  - policy: night
    matchers: ['team="database"']
    severities: [critical]
    hours: office
"""


def test_the_defaults_run_without_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(None, {}) == Settings()


def test_the_file_in_the_folder_is_read_when_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fraiseql-observe.yaml").write_text("server: {port: 7000}")
    assert load(None, {}).server.port == 7000


@pytest.mark.parametrize("text", ["", "# nothing\n", "server: {}\n"])
def test_an_empty_file_means_the_defaults(read, text):
    assert read(text) == Settings()


def test_every_kind_of_value_becomes_typed(read):
    settings = read(WHOLE)
    assert settings.server.drain_timeout == timedelta(seconds=90)
    assert settings.intake.token == Secret("abc")
    assert settings.intake.largest_body == 20 * 1024 * 1024
    chat = settings.destinations["team-chat"]
    assert isinstance(chat, SlackDestination)
    assert (chat.channel, chat.actions) == ("C024BE91L", ("trigger", "resolve"))
    assert settings.destinations["hook"].headers == {"X-Team": "databases"}
    night = settings.policies["night"]
    assert [step.wait for step in night.steps] == [timedelta(0), timedelta(minutes=5)]
    assert night.until == "resolved"
    assert settings.routes[0].matchers == ('team="database"',)


def test_all_problems_are_told_at_once_with_their_lines(refused):
    assert refused(
        """\
server:
  prt: 9
  port: 99999
  drain_timeout: 5x
destinations:
  chat:
    type: slak
  pager: {type: pagerduty}
policies:
  night:
    steps:
      - {destinations: [chat], wait: 5 minutes}
      - wat: 1
surver: 1
"""
    ) == [
        "observe.yaml:2: server.prt: is no setting; did you mean port?",
        "observe.yaml:3: server.port: 99999 is more than 65535",
        'observe.yaml:4: server.drain_timeout: "5x" is not a duration such as 30s, 5m or 1h30m',
        (
            'observe.yaml:7: destinations.chat.type: "slak" is not one of slack, email, pagerduty, opsgenie, webhook; '
            "did you mean slack?"
        ),
        "observe.yaml:8: destinations.pager.routing_key: is missing",
        'observe.yaml:12: policies.night.steps[0].wait: "5 minutes" is not a duration such as 30s, 5m or 1h30m',
        "observe.yaml:13: policies.night.steps[1].destinations: is missing",
        "observe.yaml:13: policies.night.steps[1].wat: is no setting; did you mean wait?",
        "observe.yaml:14: surver: is no setting; did you mean server?",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("server: 5", "observe.yaml:1: server: is not a mapping"),
        ("server:", "observe.yaml:1: server: is given without a value"),
        ("routes: {}", "observe.yaml:1: routes: is not a list"),
        ("log: {access: 1}", "observe.yaml:1: log.access: 1 is not true or false"),
        ("log: {level: loud}", 'observe.yaml:1: log.level: "loud" is not one of debug, info, warning, error'),
        ("server: {port: 80.5}", "observe.yaml:1: server.port: 80.5 is not a whole number"),
        ("server: {port: null}", "observe.yaml:1: server.port: is given without a value"),
        ("server: {public_url: ftp://x}", 'observe.yaml:1: server.public_url: "ftp://x" is not like https://observe'),
        ("store: {url: observe.db}", "observe.yaml:1: store.url: begins neither with sqlite:/// nor with postgresql://"),
        ("store: {url: 'mysql://u:p@db/x'}", "observe.yaml:1: store.url: begins neither with sqlite:/// nor"),
        ("store: {history: 1m}", 'observe.yaml:1: store.history: "1m" is less than 1h'),
        ("intake: {largest_body: 1KiB}", 'observe.yaml:1: intake.largest_body: "1KiB" is less than 64KiB'),
        ("destinations: {a b: {type: slack}}", "observe.yaml:1: destinations.a b: is no name"),
        ("destinations: {a: {}}", "observe.yaml:1: destinations.a.type: is missing"),
        ("destinations: {a: 1}", "observe.yaml:1: destinations.a: is not a mapping"),
        ("intake: {token: [1]}", "observe.yaml:1: intake.token: is not a text"),
        ("server: {host: '0.0.0.0'}", "observe.yaml:1: server.host: 0.0.0.0 can be reached from elsewhere"),
        ("auth: {tokens: {a: {token: short}}}", "observe.yaml:1: auth.tokens.a.token: is shorter than 16"),
        ("slack: {signing_secret: s}", "observe.yaml:1: slack.signing_secret: is for buttons, which no destination"),
        ("intake: {password: p}", "observe.yaml:1: intake.username: "),
        (
            "destinations: {a: {type: slack, chanel: C1, token: t, channel: C}}",
            "observe.yaml:1: destinations.a.chanel: is no setting; did you mean channel?",
        ),
        ("policies: {a: {steps: [{destinations: [], hour: x}]}}", "observe.yaml:1: policies.a.steps[0].hour: "),
        ("alertmanager: {urls: [null]}", "observe.yaml:1: alertmanager.urls[0]: is given without a value"),
        ("alertmanager: {urls: x}", "observe.yaml:1: alertmanager.urls: is not a list"),
        ("slack: {users: {U1: [x]}}", 'observe.yaml:1: slack.users.U1: ["x"] is not a text'),
        (
            "prometheus: {url: http://p, token: t, username: u}",
            "observe.yaml:1: prometheus.token: give a token or a user name, not both",
        ),
        (
            'destinations: {a: {type: webhook, url: "https://a.example", actions: [shout]}}',
            'observe.yaml:1: destinations.a.actions[0]: "shout" is not one of trigger, ',
        ),
        ("destinations: {a: {type: slack, per_second: null, channel: C}}", "observe.yaml:1: destinations.a.token: "),
    ],
)  # fmt: skip
def test_each_kind_of_problem_has_its_sentence(refused, text, problem):
    assert refused(text)[0].startswith(problem)


def test_names_between_sections_must_exist(refused):
    text = """\
destinations: {chat: {type: webhook, url: "https://example.org"}}
policies: {night: {steps: [{destinations: [chta], hours: offce}]}}
hours: {office: {open: [mon 09:00-10:00]}}
routes: [{policy: nigt, hours: nowhere}]
"""
    assert refused(text) == [
        "observe.yaml:2: policies.night.steps[0].destinations[0]: there is no destination 'chta'; did you mean chat?",
        "observe.yaml:2: policies.night.steps[0].hours: there is no hours 'offce'; did you mean office?",
        "observe.yaml:4: routes[0].hours: there is no hours 'nowhere'",
        "observe.yaml:4: routes[0].policy: there is no policy 'nigt'; did you mean night?",
    ]


def test_two_tokens_of_the_configuration_must_differ(refused):
    text = "auth: {tokens: {a: {token: aaaaaaaaaaaaaaaa}, b: {token: aaaaaaaaaaaaaaaa}}}"
    assert refused(text) == ["observe.yaml:1: auth.tokens.b.token: is the same as that of a"]


def test_a_value_that_may_be_a_secret_is_never_shown(refused):
    assert "hunter2" not in "\n".join(
        refused("intake: {token: {hunter2: hunter2x}}\nslack: {signing_secret: [hunter2]}")
    )


@pytest.mark.parametrize(
    "protection",
    [
        "intake: {token: t}",
        "intake: {username: am, password: p}",
        "intake: {allow_anonymous: true}",
        "auth: {tokens: {am: {token: 0123456789abcdef, scopes: ['intake:write']}}}",
    ],
)
def test_an_address_that_others_reach_needs_protection(read, protection):
    assert read(f"server: {{host: '::'}}\n{protection}").server.host == "::"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback_needs_none(read, host):
    assert read(f"server: {{host: '{host}'}}").server.host == host


def test_a_check_of_another_layer_is_told_like_the_others(tmp_path):
    path = tmp_path / "observe.yaml"
    path.write_text(
        "hours:\n  odd: {open: [never]}\nroutes:\n  - {policy: p, matchers: ['x']}\npolicies:\n  p: {steps: []}\n"
        "templates: {folder: nowhere}\n"
    )
    with pytest.raises(ConfigError) as error:
        load(path, {}, problems)
    lines = error.value.message.replace(f"{tmp_path}/", "").splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["observe.yaml:2", "hours.odd"],
        ["observe.yaml:4", "routes[0].matchers[0]"],
        ["observe.yaml:6", "policies.p.steps"],
        ["observe.yaml:7", "templates.folder"],
    ]


def test_what_only_making_a_destination_shows_is_told_and_no_secret_with_it(tmp_path):
    path = tmp_path / "observe.yaml"
    path.write_text("destinations:\n  hook: {type: webhook, url: 'https://example.org', signing_secret: hunter2}\n")
    with pytest.raises(ConfigError) as error:
        load(path, {}, problems)
    assert "observe.yaml:2: destinations.hook: signing_secret: " in error.value.message
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("webhook/mine.json.j2", ""),
        ("webhook/none.json.j2", "there is no template webhook/none.json.j2"),
        ("webhook/broken.json.j2", "line 1: "),
        ("webhook/mine.json", "its name must end in"),
    ],
)
def test_a_webhook_names_a_template_that_works(tmp_path, template, problem):
    folder = tmp_path / "templates" / "webhook"
    folder.mkdir(parents=True)
    (folder / "mine.json.j2").write_text("{}")
    (folder / "broken.json.j2").write_text("{{ title ")
    path = tmp_path / "observe.yaml"
    hook = f"{{type: webhook, url: 'https://x', template: {template}}}"
    path.write_text(f"templates: {{folder: templates}}\ndestinations: {{x: {hook}}}")
    if not problem:
        assert load(path, {}, problems).destinations["x"].template == template
        return
    with pytest.raises(ConfigError) as error:
        load(path, {}, problems)
    assert "observe.yaml:2: destinations.x.template: " in error.value.message
    assert problem in error.value.message


def test_the_templates_folder_is_beside_the_file(read, tmp_path):
    assert read("templates: {folder: mine}").templates.folder == str(tmp_path / "mine")
