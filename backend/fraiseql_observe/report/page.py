"""The report as one HTML page: no script, nothing from elsewhere. Pure but for reading its own templates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from fraiseql_observe.notify import escape
from fraiseql_observe.notify.units import readable, span
from fraiseql_observe.report import cells, charts, contents, omissions

if TYPE_CHECKING:
    from datetime import datetime

    from fraiseql_observe.audit.chain.model import Break
    from fraiseql_observe.report.contents import Part
    from fraiseql_observe.report.material import Answered, Chains, Head, Material

_NAME = 120  # characters of a name in the head
_REMARK = 600
_BREAKS = 50  # of a log


@dataclass(frozen=True, slots=True)
class Block:
    """One question as the page shows it: drawn, as a table, or with the sentence `nothing`."""

    answered: Answered
    drawing: Markup | None = None
    figure: charts.Figure | None = None
    table: cells.Table | None = None
    nothing: str = ""


def render(material: Material) -> str:
    """The page; the same text for the same material."""
    blocks = {
        part.question: block(part, material.answers[part.question], material.head)
        for section in contents.SECTIONS
        for part in section.parts
    }
    page: str = _template().render(
        head=_head(material.head),
        style=Markup(_read("report.css")),  # noqa: S704  our own file
        fingerprint=material.fingerprint,
        verdicts=_verdicts(material.answers["compliance_status"]),
        tiles=_tiles(material),
        sections=contents.SECTIONS,
        blocks=blocks,
        chains=_chains(material.chains),
        left_out=omissions.of(material, blocks),
        answers=material.answers,
        marks=cells.VERDICTS,
        states=cells.CHAINS,
    )
    return page


def block(part: Part, answered: Answered, head: Head) -> Block:
    """How one answer is shown."""
    if answered.problem:
        return Block(answered)
    if part.drawing is not None:
        if not charts.series(answered, part.drawing):
            return Block(answered, nothing=part.empty)
        figure = charts.over_time(answered, part.drawing, head)
        return Block(answered, Markup(figure.drawing), figure)  # noqa: S704  every text in it is escaped
    if not answered.rows:
        return Block(answered, nothing=part.empty)
    drawing = Markup(charts.ranking(answered, *part.ranking)) if part.ranking else None  # noqa: S704  as above
    return Block(answered, drawing, table=cells.table(answered))


def _chains(chains: Chains) -> dict[str, Any]:
    """The verdict of each log; of what breaks it the first, and how many more there are."""
    return {
        "problem": chains.problem,
        "fingerprint": chains.fingerprint,
        "logs": [
            {
                "source": escape.plain(each.source, _NAME),
                "state": each.state,
                "rows": each.rows,
                "broken": each.broken,
                "signatures": "checked" if each.signatures else "not checked",
                "remarks": [escape.plain(remark, _REMARK) for remark in each.remarks],
                "breaks": [
                    (_moment(one.at), *(escape.plain(text, cells.LONGEST) for text in _words(one)))
                    for one in each.breaks[:_BREAKS]
                ],
            }
            for each in chains.verdicts
        ],
    }


def _words(one: Break) -> tuple[str, ...]:
    return one.tenant or cells.NOTHING, one.row, one.kind.value.replace("_", " "), one.detail


def _head(head: Head) -> dict[str, Any]:
    seconds = round((head.end - head.start).total_seconds())
    return {
        "start": _moment(head.start),
        "end": _moment(head.end),
        "length": span(seconds, 2),
        "tenants": [escape.plain(tenant, _NAME) for tenant in head.tenants],
        "made_at": _moment(head.made_at),
        "made_by": escape.plain(head.made_by, _NAME),
        "database": escape.plain(head.database, _NAME),
        "version": head.version,
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _verdicts(status: Answered) -> list[tuple[str, int]]:
    """How many checks have each verdict, worst first."""
    counted = Counter(map(str, status.column("status")))
    return [(name, counted[name]) for name in ("violation", "warning", "ok")]


def _tiles(material: Material) -> list[tuple[str, str, str]]:
    """The few figures to begin with: number, what it counts, and the chapter that has more."""
    answers = material.answers
    return [
        (_sum(answers["compliance_events_by_type"], "value"), "operations recorded", "events"),
        (_first(answers["errors_affected_users"], "active_users"), "users identified", "access"),
        (_sum(answers["compliance_failed_access_over_time"], "attempts"), "failed or denied attempts", "failed-access"),
        (_rows(answers["compliance_admin_actions"]), "administrative actions", "admin-actions"),
        (_rows(answers["compliance_permission_changes"]), "permission changes", "permission-changes"),
        (_rows(answers["errors_top_fingerprints"]), "distinct errors", "errors"),
        (_longest(answers["compliance_audit_lag"]), "longest delay of a row", "lag"),
        (_chained(material.chains), "hash chains", "chains"),
    ]


def _numbers(answered: Answered, column: str) -> list[float]:
    return [float(value) for value in answered.column(column) if isinstance(value, int | float)]


def _sum(answered: Answered, column: str) -> str:
    return cells.NOTHING if answered.problem else cells.grouped(sum(_numbers(answered, column)))


def _first(answered: Answered, column: str) -> str:
    return next((cells.grouped(value) for value in _numbers(answered, column)), cells.NOTHING)


def _rows(answered: Answered) -> str:
    more = "more than " if answered.more else ""
    return cells.NOTHING if answered.problem else more + cells.grouped(len(answered.rows))


def _longest(answered: Answered) -> str:
    return readable(max(_numbers(answered, "maximum"), default=0), "seconds") if answered.rows else cells.NOTHING


def _chained(chains: Chains) -> str:
    """The worst that was found, in a word or two."""
    if chains.problem:
        return "not verified"
    broken = [each for each in chains.verdicts if each.state == "broken"]
    if broken:
        return f"{len(broken)} broken"
    if not any(each.rows for each in chains.verdicts):
        return "without rows" if chains.verdicts else "none"
    return "verified" if all(each.state == "verified" for each in chains.verdicts) else "partly verified"


@cache
def _template() -> Any:
    environment = Environment(
        autoescape=True, loader=FunctionLoader(_read), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["grouped"] = cells.grouped
    return environment.get_template("report.html")


def _read(name: str) -> str:
    return resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
