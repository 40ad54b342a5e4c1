"""What is not in the report, said openly: one sentence each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fraiseql_observe.report import cells, period

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fraiseql_observe.report.material import Answered, Chains, Head, Material
    from fraiseql_observe.report.page import Block

ALWAYS = (
    "What never reached the audit log cannot be here. Whether the application had to drop rows is told by its metric "
    "fraiseql_audit_dropped_total, and by the alert FraiseQLAuditEventsDropped."
)


def of(material: Material, blocks: Mapping[str, Block]) -> list[str]:
    """Every sentence, the gravest first."""
    return [
        *(f"{one.question.title}: there is no answer. {one.problem}" for one in _failed(material)),
        *_of_chains(material.chains),
        *_of_lists(material),
        *_of_period(material.head),
        *(sentence for one in blocks.values() for sentence in _of_block(one)),
        ALWAYS,
    ]


def _failed(material: Material) -> list[Answered]:
    return [one for one in material.answers.values() if one.problem]


def _of_chains(chains: Chains) -> Iterator[str]:
    if chains.problem:
        yield f"Hash chains were not verified. {chains.problem}"
    for each in chains.verdicts:
        if each.unchecked:
            yield f"{each.source}: the content of {cells.grouped(each.unchecked)} rows could not be checked."
        if not each.signatures:
            yield f"{each.source}: the signatures of its rows were not checked."


def _of_lists(material: Material) -> Iterator[str]:
    head = material.head.as_json()
    for one in material.answers.values():
        if not one.more:
            continue
        said = f"{one.question.title}: the first {cells.grouped(len(one.rows))} rows are here, and there are more. "
        if "limit" not in one.question.parameters:
            yield said + "A shorter period has them."
            continue
        ask = f"fraiseql-observe audit query {one.question.name} --from {head['from']} --to {head['to']}"
        yield said + f"A shorter period or a larger --rows has them, or: {ask} --param limit=1000 --format csv"


def _of_period(head: Head) -> Iterator[str]:
    if head.end >= head.made_at:
        yield "The period was not over when the report was made: the same report made later may hold more."
    if grain := period.grain(head.start, head.end):
        whole = period.named(grain).removeprefix("1 ")
        yield (
            f"The period does not begin and end at a whole {whole} in UTC. Sums that are read from roll-ups are of the "
            f"whole {whole}s that it touches; lists are of the period."
        )
    if head.tenants:
        yield "Only rows of the tenants named above were asked for: none of others, and none without a tenant."


def _of_block(block: Block) -> Iterator[str]:
    title = block.answered.question.title
    if block.figure is not None and block.figure.left_out:
        yield f"{title}: {block.figure.left_out} further series are not drawn; the report's data (--json) has them."
    if block.table is None:
        return
    if block.table.cut:
        texts = "1 text is" if block.table.cut == 1 else f"{block.table.cut} texts are"
        yield f"{title}: {texts} cut after {cells.LONGEST} characters; the report's data (--json) has them whole."
    if block.table.bare:
        yield f"{title}: no row has a value in {', '.join(block.table.bare)}."
