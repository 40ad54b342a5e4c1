"""Modules of tests are imported by their base name: two of one name cannot be collected in one run."""

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_every_module_of_tests_has_a_name_of_its_own():
    names = Counter(path.name for path in TESTS.rglob("test_*.py") if "performance" not in path.parts)
    assert [name for name, count in names.items() if count > 1] == []
