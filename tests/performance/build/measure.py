"""How long a build takes, as a process and warm, beside gojsonnet on the same sources in the same run.

    python tests/performance/build/measure.py [--rounds 15]

Prints medians in milliseconds of wall time and of processor time (which a busy machine disturbs less).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from fraiseql_observe.audit import catalogue
from fraiseql_observe.mixin import engine, lint, render
from fraiseql_observe.mixin.lint import promql

if TYPE_CHECKING:
    from collections.abc import Callable

RENDER = sys.modules[render.__module__]


def processor_seconds() -> float:
    """Of this process and of those it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measured(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median wall and processor milliseconds, children included."""
    wall, processor = [], []
    for _ in range(rounds):
        clock, before = time.perf_counter(), processor_seconds()
        work()
        wall.append((time.perf_counter() - clock) * 1000)
        processor.append((processor_seconds() - before) * 1000)
    return statistics.median(wall), statistics.median(processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    questions = catalogue.load().as_json()
    library = engine.library({RENDER.CATALOGUE: RENDER.catalogue_text(questions)})
    default = RENDER.snippet("{}", variants=False)
    whole = RENDER.snippet("{}", variants=True)
    rendered = render(catalogue=questions)
    groups = [*rendered.rules["groups"], *rendered.alerts["groups"]]

    def process() -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "fraiseql_observe", "build", "--output", folder]
            subprocess.run(command, check=True, capture_output=True)

    def check() -> None:
        promql.parse.cache_clear()
        lint.lint(rendered.dashboards.values(), groups)

    figures = {
        "build as a process, everything written": process,
        "build in-process, warm: default, variants, all files": lambda: render(
            catalogue=catalogue.load().as_json()
        ).files(),
        "one configuration in-process, warm: all files": lambda: render({}, catalogue=questions).files(),
        "evaluate one configuration, rjsonnet": lambda: engine.evaluate(default, library),
        "evaluate one configuration, gojsonnet": lambda: engine.evaluate_go(default, library),
        "evaluate with variants, rjsonnet": lambda: engine.evaluate(whole, library),
        "lint of 54 panels and all rules, nothing cached": check,
    }
    outcome = {name: measured(work, rounds) for name, work in figures.items()}
    for name, (wall, processor) in outcome.items():
        sys.stdout.write(f"{name:55} {wall:8.1f} ms wall {processor:8.1f} ms processor\n")
    ratio = outcome["evaluate one configuration, gojsonnet"][1] / outcome["evaluate one configuration, rjsonnet"][1]
    sys.stdout.write(f"gojsonnet takes {ratio:.1f} times as long\n")
    sys.stdout.write(json.dumps({"files": len(rendered.files()), "rules": len(lint.RULES)}) + "\n")


if __name__ == "__main__":
    main()
