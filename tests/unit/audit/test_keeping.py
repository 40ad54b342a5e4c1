"""How a log is kept, as SQL; and lengths of time on the command line."""

from datetime import timedelta

import click
import pytest

from fraiseql_observe.audit.ddl import Wishes, steps
from fraiseql_observe.audit.facts import Facts
from fraiseql_observe.audit.keeping import Keeping
from fraiseql_observe.audit.maintain import Turn
from fraiseql_observe.cli.durations import DURATION
from fraiseql_observe.errors import AuditError


def test_what_is_not_said_stays():
    assert Keeping().sql() == ""
    assert "how the log is kept" not in [step.title for step in steps(Facts())]


def test_what_is_said():
    keeping = Keeping("week", timedelta(days=90), timedelta(0))
    assert keeping.sql() == (
        "update fraiseql_observe.maintenance_setting"
        " set partition_by = 'week', retention = '90 days', rollup_retention = '0 days';"
    )
    titles = [step.title for step in steps(Facts(), Wishes(keeping=keeping))]
    assert titles.index("tables") < titles.index("how the log is kept") < titles.index("what is there")


@pytest.mark.parametrize("wrong", [timedelta(hours=12), timedelta(days=1, seconds=1), timedelta(days=-1)])
def test_a_retention_is_whole_days(wrong):
    for keeping in ({"retention": wrong}, {"rollup_retention": wrong}):
        with pytest.raises(AuditError, match="whole days"):
            Keeping(**keeping)


def test_a_turn_without_work_is_idle():
    assert Turn().idle
    assert Turn(busy=True, waiting=True).idle
    for field in ("made", "rows", "emptied", "dropped"):
        turn = Turn(**{field: 1})
        assert not turn.idle
        assert turn.as_json()[field] == 1


def test_durations():
    assert DURATION.convert("90d", None, None) == timedelta(days=90)
    assert DURATION.convert("0", None, None) == timedelta(0)
    assert DURATION.convert(timedelta(1), None, None) == timedelta(1)
    with pytest.raises(click.BadParameter, match="is not a duration"):
        DURATION.convert("often", None, None)
