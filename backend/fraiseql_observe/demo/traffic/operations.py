"""Everything that clients of the blog do: who does it, how often, and what should come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fraiseql_observe.demo.traffic import known
from fraiseql_observe.demo.traffic.documents import documents

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from fraiseql_observe.demo.traffic.known import Known, Variables

READER, AUTHOR, ADMIN = "reader", "author", "admin"
ANYBODY = (READER, AUTHOR, ADMIN)
WRITERS = (AUTHOR, ADMIN)

Outcome = Literal["success", "noop", "failure", "denied", "error"]


@dataclass(frozen=True)
class Operation:
    """One thing that clients do.

    Attributes:
        document: the name of its document.
        weight: its share of the steady mix, in percent.
        roles: who does it.
        variables: makes them up from what is known; None when that is not possible yet.
        persisted: sent by its hash first, as an automatic persisted query.
        outcome: what should come of it: `error` is the blog's own fault, `failure` a business rule that said no.
    """

    document: str
    weight: float
    roles: tuple[str, ...] = ANYBODY
    variables: Callable[[Random, Known], Variables | None] = known.nothing
    persisted: bool = False
    outcome: Outcome = "success"

    @property
    def text(self) -> str:
        return documents()[self.document]


MIX = (
    Operation("Posts", 15, variables=known.page),
    Operation("Post", 13, variables=known.some_post, persisted=True),
    Operation("Users", 6),
    Operation("Comments", 5),
    Operation("Tags", 6, persisted=True),
    Operation("Home", 4),
    Operation("Everything", 2),
    Operation("Feed", 7),
    Operation("PopularPosts", 6, persisted=True),
    Operation("TagCloud", 9),
    Operation("Team", 7),
    Operation("MyPermissions", 7),
    Operation("ReadingReport", 0.3),
    Operation("Introspection", 0.3),
    # What changes something.
    Operation("CreatePost", 1.2, WRITERS, known.new_post),
    Operation("RenamePost", 1, WRITERS, known.another_title),
    Operation("AddComment", 2.5, ANYBODY, known.comment),
    Operation("PublishPost", 1, WRITERS, known.draft),
    Operation("CreateTag", 0.2, WRITERS, known.new_tag),
    Operation("DeletePost", 0.4, (ADMIN,), known.post_to_delete),
    Operation("GrantRole", 0.4, (ADMIN,), known.promotion),
    Operation("RevokeRole", 0.4, (ADMIN,), known.demotion),
    Operation("ModerationQueue", 0.4, (ADMIN,)),
    # What changes nothing, and what a rule of the blog refuses.
    Operation("RenamePost", 0.4, WRITERS, known.the_same_title, outcome="noop"),
    Operation("RenamePost", 0.3, WRITERS, known.a_post_that_is_gone, outcome="failure"),
    # What the caller may not do.
    Operation("ModerationQueue", 0.2, (READER, AUTHOR), outcome="denied"),
    Operation("ModerationNotes", 0.2, (READER,), outcome="denied"),
    Operation("DeletePost", 0.2, (READER, AUTHOR), known.somebody_elses_post, outcome="denied"),
    Operation("GrantRole", 0.1, (AUTHOR,), known.self_promotion, outcome="denied"),
    # What breaks: constraints (rolled back), a division by zero, a field that is gone.
    Operation("CreatePost", 0.1, WRITERS, known.too_short_a_title, outcome="error"),
    Operation("CreateTag", 0.15, WRITERS, known.existing_tag, outcome="error"),
    Operation("Engagement", 0.1, WRITERS, known.unread_post, outcome="error"),
    Operation("OldProfile", 0.2, outcome="error"),
)

# Queries of a view that was never migrated. One client stops asking for good, the other comes back again and again.
STOPS = Operation("LegacyArchive", 0, outcome="error")
COMES_BACK = Operation("ArchivedPosts", 0, outcome="error")
REPORT = Operation("ReadingReport", 0)


def pick(rng: Random, chosen: tuple[Operation, ...] = MIX) -> Operation:
    return rng.choices(chosen, [operation.weight for operation in chosen])[0]
