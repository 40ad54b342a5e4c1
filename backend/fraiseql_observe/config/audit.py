"""Settings of the audit log: its database, and what may be asked of it over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fraiseql_observe.config.declare import NO_SECRET, Secret, Size, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """The audit database, for the audit questions over HTTP and the users impacted; it is not asked without `url`."""

    url: Secret = setting(
        "Connection URL of the database with the schema `fraiseql_observe` (`setup audit`), for the user "
        "fraiseql_observe_reader or another that may do no more. Empty: no audit questions over HTTP, no users "
        "impacted in messages.",
        default=NO_SECRET,
        example="postgresql://fraiseql_observe_reader@db/app",
    )
    questions: str = setting(
        "Folder with questions of your own, one `.sql` file each; what is wrong with one stops the start. Relative to "
        "where the service starts.",
        default="",
        example="/etc/fraiseql-observe/questions",
    )
    statement_timeout: timedelta = setting(
        "Longest time of a question in the database; then the answer is 504.",
        default=timedelta(seconds=10),
        minimum=0.1,
        maximum=120,
    )
    lock_timeout: timedelta = setting(
        "Longest wait for a lock that somebody else holds.", default=timedelta(seconds=1), minimum=0.01, maximum=60
    )
    longest_range: timedelta = setting(
        "Longest range from `from` to `to`; the answer to a longer one is 413.",
        default=timedelta(days=366),
        minimum=60,
        maximum=10 * 366 * 86400,
    )
    rows: int = setting(
        "Most rows of an answer; one with more is cut and says `truncated`.", default=10_000, minimum=1, maximum=100_000
    )
    largest_answer: Size = setting(
        "Largest answer, about; a larger one is cut and says `truncated`.",
        default=Size(16 * 1024 * 1024),
        minimum=65536,
        maximum=256 * 1024 * 1024,
    )
    connections: int = setting(
        "Questions that the database answers at a time; each takes a connection. The reader role has 20 of them, for "
        "all replicas together.",
        default=8,
        minimum=1,
        maximum=100,
    )
    waiting: int = setting(
        "Questions that may wait for their turn; to further ones the answer is 429.",
        default=64,
        minimum=0,
        maximum=1000,
    )
    patience: timedelta = setting(
        "Longest wait for a turn; then the answer is 429.", default=timedelta(seconds=5), minimum=0.1, maximum=60
    )
    freshness: timedelta = setting(
        "How old an answer may be. Answers are kept that long, and a range that ends now is moved back to steps of "
        "that length, so that the viewers of one dashboard cost the database no more than one. 0 asks each time.",
        default=timedelta(seconds=10),
        minimum=0,
        maximum=300,
    )
    metrics_every: timedelta = setting(
        "How often the metrics that only SQL knows are read from the database, for `/metrics`: failed log-ins, denied "
        "access, the lag of the log, its size. At least a second; 0 reads none.",
        default=timedelta(seconds=15),
        minimum=0,
        maximum=30,
    )
    maintenance_url: Secret = setting(
        "Connection URL of the same database for a user who may maintain the log: its owner, or a member of "
        "fraiseql_observe_maintainer. The service then makes partitions ahead, drops old ones and keeps the roll-ups, "
        "as `audit maintain` does; with several replicas one of them at a time. Empty: it does not.",
        default=NO_SECRET,
        example="postgresql://maintenance@db/app",
    )
    maintenance_every: timedelta = setting(
        "How often. A question about a long range also reads the rows that came since.",
        default=timedelta(seconds=10),
        minimum=1,
        maximum=3600,
    )
    access_entries: int = setting(
        "How many entries the log of who asked what keeps, in the store; the oldest go.",
        default=100_000,
        minimum=1000,
        maximum=10_000_000,
    )
    chain_url: Secret = setting(
        "Connection URL of the same database for a user who may verify the hash chains of FraiseQL's own audit logs: a "
        "member of fraiseql_observe_verifier. Empty: the service does not verify them.",
        default=NO_SECRET,
        example="postgresql://chain@db/app",
    )
    chain_keys: Secret = setting(
        "The keys that FraiseQL signs the rows of its hash chains with (audit_signing_keys.key_value), also former "
        "ones, one a line. Empty: signatures are not checked.",
        default=NO_SECRET,
    )
    chain_every: timedelta = setting(
        "How often new rows of the hash chains are verified.",
        default=timedelta(minutes=1),
        minimum=1,
        maximum=86400,
    )
    chain_longest_transaction: timedelta = setting(
        "No transaction of the application that writes to a hash chain lasts longer. Younger rows are verified later; "
        "branches of a chain that are further apart are breaks.",
        default=timedelta(minutes=10),
        minimum=1,
        maximum=86400,
    )
    chain_reread: timedelta = setting(
        "How often rows that were verified are read again, to find what was changed since; 10,000 rows at a time, each "
        "`chain_every`. 0: never.",
        default=timedelta(days=1),
        minimum=0,
        maximum=366 * 86400,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.questions and not self.url:
            yield "questions", "are asked of a database; set `url` too"
        if timedelta(0) < self.metrics_every < timedelta(seconds=1):
            yield "metrics_every", "is less than a second; write 0 to read none"
        if self.chain_keys and not self.chain_url:
            yield "chain_keys", "are for verifying hash chains; set `chain_url` too"
