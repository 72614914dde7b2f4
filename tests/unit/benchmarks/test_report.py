"""The file that a run leaves."""

import json
import platform

from benchmarks.figures import FLOOD, Check, Latency, Memory, Phase, Result
from benchmarks.report import document


def a_result(checks: tuple[Check, ...] = ()) -> Result:
    flood = Phase(FLOOD, 10, 2.0, {"intake": 0.1, "broker": 0.1}, {"assigned": Latency(10, 1.0, 2.0, 3.0)})
    return Result("ombud", {"intake": 1.0}, (flood,), {"intake": Memory(70.0, 60.0)}, checks)


def test_the_document_holds_rate_latency_cost_and_checks():
    found = json.loads(json.dumps(document([a_result((Check("cases", 2, 1),))], [], {"complaints": 10})))
    ombud = found["results"]["ombud"]
    assert ombud["phases"][FLOOD]["per_second"] == 5.0
    assert ombud["phases"][FLOOD]["latencies"]["assigned"]["p99"] == 3.0
    assert ombud["cpu_ms_per_message"] == {"services": 10.0, "all": 20.0}
    assert ombud["checks"] == [{"what": "cases", "expected": 2, "found": 1, "is_right": False}]


def test_the_document_names_neither_this_machine_nor_a_path():
    text = json.dumps(document([a_result()], [], {}))
    assert platform.node() not in text
    assert "/" not in text
