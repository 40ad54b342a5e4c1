"""`audit verify-chain`, `breaks` and `accept-break`, as somebody types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from chained import ACME, GLOBEX, HOUR, KEY, START, chained
from click.testing import CliRunner

from fraiseql_observe.cli.audit import command
from fraiseql_observe.errors import ConflictError, ObserveError
from fraiseql_observe.web import chain_report

pytest.importorskip("fraiseql")


@pytest.fixture
def log(database_url):
    with chained(database_url, "unified") as found:
        yield found


@pytest.fixture
def run(log, tmp_path, monkeypatch):
    """Run a command; returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FRAISEQL_OBSERVE_CONFIG", raising=False)

    def call(*arguments, database=True):
        given = ["--database", log.url] if database else []
        done = CliRunner().invoke(command, [*arguments[:1], *given, *arguments[1:]])
        if isinstance(done.exception, ObserveError):
            return done.exception.exit_code, done.stdout, str(done.exception)
        return done.exit_code, done.stdout, done.stderr

    return call


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"a former key\n{KEY}\n", encoding="utf-8")
    return str(path)


PUT_IN = """
insert into audit_events (id, tenant_id, entity_type, operation_type, timestamp, event_hash, signature, previous_hash)
select gen_random_uuid(), tenant_id, entity_type, operation_type, timestamp, '', '', previous_hash
  from audit_events where timestamp = %(at)s
"""
STORE = ("--store", "sqlite:///chain.db")


def verified(run, *more):
    code, out, err = run("verify-chain", *STORE, "--json", *more)
    (found,) = json.loads(out)
    return code, found, err


def test_a_good_chain_is_read_once_and_then_only_what_is_new(log, run, keys):
    log.fill(30)
    code, found, _ = verified(run, "--keys", keys)
    assert (code, found["state"], found["rows"], found["sealed"], found["signatures"]) == (0, "verified", 30, 0, True)
    log.fill(3)
    code, found, _ = verified(run)
    assert (code, found["rows"], found["sealed"], found["signatures"]) == (0, 3, 30, False)
    assert found["sealed_until"] == (START + 30 * HOUR).isoformat()
    code, found, _ = verified(run, "--again")
    assert (code, found["rows"], found["sealed"]) == (0, 33, 0)


def test_people_read_sentences(log, run, keys):
    log.fill(30)
    code, out, _ = run("verify-chain", *STORE, "--keys", keys)
    assert code == 0
    assert out.startswith("public.audit_events: verified\n  30 rows read in ")
    assert "signatures were checked" in out
    log.tamper("update audit_events set user_id = null where timestamp = %(at)s", at=START + 5 * HOUR)
    code, out, _ = run("verify-chain", *STORE, "--again")
    assert code == 3
    assert "public.audit_events: broken, 1 break\n" in out
    assert "REWRITTEN row " in out
    assert "in a column that FraiseQL's hash does not cover" in out
    assert "signatures were not checked (--keys FILE)" in out
    assert "Note: Every user of the database may read the signing key" in out


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("update audit_events set ip_address = null where timestamp = %(at)s", "rewritten"),
        ("update audit_events set metadata = null where timestamp = %(at)s", "changed"),
        # the last of a chain has no follower that would tell
        ("delete from audit_events where timestamp = %(last)s", "removed"),
        (PUT_IN, "inserted"),
    ],
)
def test_what_was_done_to_sealed_rows_is_found_when_they_are_read_again(log, run, sql, kind):
    log.fill(12, ACME)
    log.write(GLOBEX)
    log.write(ACME, at=START + 50 * HOUR)
    assert verified(run)[0] == 0
    log.tamper(sql, at=START + 5 * HOUR, last=START + 13 * HOUR)
    assert verified(run)[:1] == (0,)  # only what is new was read
    code, found, _ = verified(run, "--again")
    assert code == 3
    assert kind in {one["kind"] for one in found["breaks"]}


def test_a_history_that_was_rewritten_is_found_by_the_hash_kept_outside(log, run):
    ids = log.fill(6, ACME)
    assert verified(run)[0] == 0
    # somebody with every right writes the last three rows anew: hashes, links and signatures are all right
    log.connection.execute(
        "create temporary table copy as select * from audit_events where timestamp > now() - interval '99 y'"
    )
    log.tamper("delete from audit_events where id = any(%(ids)s::uuid[])", ids=ids[3:])
    log.connection.execute(
        'insert into audit_events select (jsonb_populate_record(c, \'{"entity_type": "page"}\')).* from copy as c '
        "where id = any(%s::uuid[]) order by timestamp",
        [ids[3:]],
    )
    assert run("verify-chain", "--whole")[0] == 0
    code, found, _ = verified(run)
    assert (code, [(one["kind"], one["row"]) for one in found["breaks"]]) == (3, [("rewritten", ids[5])])


def test_an_end_that_was_cut_off_and_a_log_that_was_dropped_are_found(log, run):
    ids = log.fill(6, ACME)
    assert verified(run)[0] == 0
    log.tamper("delete from audit_events where id = any(%(ids)s::uuid[])", ids=ids[4:])
    assert run("verify-chain", "--whole")[0] == 0
    code, found, _ = verified(run)
    assert (code, [(one["kind"], one["row"]) for one in found["breaks"]]) == (3, [("removed", ids[5])])
    log.connection.execute("drop table audit_events")
    code, found, _ = verified(run)
    assert (code, found["breaks"][-1]["row"]) == (3, "")
    assert "is gone" in found["breaks"][-1]["detail"]
    assert run("verify-chain", "--whole")[0] == 1


def test_a_break_is_accepted_once_somebody_has_looked_into_it(log, run):
    ids = log.fill(6, ACME)
    log.tamper("update audit_events set metadata = null where id = %(id)s", id=ids[2])
    code, found, _ = verified(run)
    (one,) = found["breaks"]
    assert (code, one["row"], one["kind"], one["tenant"]) == (3, ids[2], "changed", str(ACME))
    code, out, _ = run("breaks", *STORE, database=False)
    assert one["id"] in out
    assert run("accept-break", one["id"], *STORE, "-c", "the migration of May", database=False)[0] == 0
    assert run("breaks", *STORE, database=False) == (0, "", "No break is known.\n")
    code, found, _ = verified(run, "--again")
    assert (code, found["state"], found["accepted"], found["breaks"]) == (0, "verified", 1, [])
    (kept,) = json.loads(run("breaks", "--all", "--json", *STORE, database=False)[1])
    assert (kept["comment"], kept["accepted_by"][:5]) == ("the migration of May", "cli (")
    assert "accepted " in run("breaks", "--all", *STORE, database=False)[1]
    code, _, said = run("accept-break", "brk_none", *STORE, "-c", "x", database=False)
    assert code == 1
    assert "There is no break 'brk_none'" in said


def test_rows_that_are_too_young_are_read_and_not_sealed(log, run):
    log.write(ACME, at=datetime.now(UTC) - timedelta(minutes=1))
    for sealed in (0, 0):
        code, found, _ = verified(run)
        assert (code, found["rows"], found["sealed"]) == (0, 1, sealed)
    code, found, _ = verified(run, "--longest-transaction", "10s")
    assert (code, found["rows"]) == (0, 1)
    assert verified(run)[1]["sealed"] == 1


def test_a_part_is_read_without_a_checkpoint(log, run, tmp_path):
    log.fill(9)
    code, out, _ = run(
        "verify-chain", "--tenant", str(GLOBEX), "--from", "2024-03-04T12:00:00Z", "--to", "now", "--json"
    )
    assert (code, json.loads(out)[0]["rows"]) == (0, 3)
    assert list(tmp_path.glob("*.db")) == []
    code, _, err = run("verify-chain")
    assert code == 0
    assert "There is no store" in err
    for looking in (["breaks"], ["accept-break", "brk_1", "-c", "x"], ["access"]):
        code, _, said = run(*looking, database=False)
        assert code == 1
        assert "There is no store at sqlite:///fraiseql-observe.db." in said
    assert list(tmp_path.glob("*.db")) == []
    assert run("verify-chain", "--whole", "--again")[0] == 2
    assert run("verify-chain", "--from", "yesterday")[0] == 2
    assert run("verify-chain", database=False)[0] == 2
    code, _, said = run("verify-chain", "--source", "other.audit_events")
    assert code == 1
    assert "There is no log other.audit_events" in said


def test_a_reading_without_a_store_names_breaks_too(log, run):
    ids = log.fill(6, ACME)
    log.tamper("update audit_events set metadata = null where id = %(id)s", id=ids[2])
    code, out, _ = run("verify-chain", "--whole")
    assert code == 3
    assert f"CHANGED row {ids[2]} of 2024-03-04 15:00:00 UTC, tenant {ACME}\n" in out
    code, out, _ = run("verify-chain", "--whole", "--json")
    (one,) = json.loads(out)[0]["breaks"]
    assert (code, one["row"], one["at"]) == (3, ids[2], (START + 3 * HOUR).isoformat())


def test_somebody_who_went_on_from_the_same_checkpoint_does_no_harm(log, run, monkeypatch):
    log.fill(6)
    keep, others = chain_report.keep, []

    def late(tx, done, now):
        if not others:
            others.append(done)
            raise ConflictError("Somebody else has verified it meanwhile.")
        return keep(tx, done, now)

    monkeypatch.setattr(chain_report, "keep", late)
    code, found, _ = verified(run)
    assert (code, found["rows"], len(others)) == (0, 6, 1)


def test_what_could_not_be_checked_is_not_called_verified(log, run):
    log.fill(3)
    log.connection.execute("alter table audit_events add hash_version smallint not null default 2")
    log.tamper("update audit_events set event_hash = repeat('0', 64) where timestamp = %(at)s", at=START + 3 * HOUR)
    code, found, _ = verified(run)
    assert (code, found["state"], found["unchecked"]) == (1, "partly", 1)
    assert verified(run)[:1] == (1,)  # nor the next time
