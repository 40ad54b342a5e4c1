"""A hit is stale when its entity was written after it was stored."""

from __future__ import annotations

from fraiseql_observe.instrument.coherency import Coherency


def test_hits_before_and_after_a_write():
    coherency = Coherency()
    assert coherency.judge("k") is None
    coherency.stored("k", "Post", "", 1.0)
    assert coherency.judge("k") is True
    coherency.written("User", "", 2.0)
    assert coherency.judge("k") is True
    coherency.written("post", "", 2.0)
    assert coherency.judge("k") is False
    coherency.stored("k", "Post", "", 3.0)
    assert coherency.judge("k") is True


def test_only_so_many_keys_are_remembered():
    coherency = Coherency(max_keys=2)
    for number in range(5):
        coherency.stored(f"k{number}", "Post", "", 1.0)
        coherency.written(f"E{number}", "", 1.0)
    assert [coherency.judge(f"k{number}") for number in range(5)] == [None, None, None, True, True]


def test_a_write_of_one_tenant_leaves_the_others_coherent():
    coherency = Coherency()
    for scope in ("acme", "beta", ""):
        coherency.stored(f"k{scope}", "Post", scope, 1.0)
    coherency.written("Post", "acme", 2.0)
    assert [coherency.judge(f"k{scope}") for scope in ("acme", "beta", "")] == [False, True, False]
    coherency.written("Post", "", 3.0)
    assert coherency.judge("kbeta") is False
