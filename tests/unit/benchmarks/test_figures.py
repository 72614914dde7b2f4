"""What is made of measurements: percentiles, cost, aims."""

import math

import pytest

from benchmarks.figures import FLOOD, PACED, Aim, Check, Latency, Memory, Phase, Result, aims, latency


def a_phase(name: str = FLOOD, messages: int = 100, seconds: float = 1.0, p50: float = 20.0, **cpu: float) -> Phase:
    return Phase(name, messages, seconds, cpu, {"assigned": Latency(messages, p50, p50, p50)})


def a_result(*phases: Phase, at_start: float = 60.0, at_work: float = 60.0) -> Result:
    return Result("ombud", {}, phases, {"intake": Memory(at_start, at_work), "notify": Memory(60.0, 60.0)}, ())


def test_percentiles_are_values_that_were_measured():
    found = latency([number / 1000 for number in range(100, 0, -1)])
    assert (found.count, found.p50, found.p95, found.p99) == (100, 50.0, 95.0, 99.0)


def test_a_percentile_between_two_values_is_the_higher_one():
    found = latency([0.001, 0.002, 0.003])
    assert (found.p50, found.p95) == (2.0, 3.0)


@pytest.mark.parametrize("seconds", [[0.007], [0.007, 0.007]])
def test_a_single_value_is_every_percentile(seconds):
    found = latency(seconds)
    assert (found.p50, found.p99) == (7.0, 7.0)


def test_nothing_measured_has_no_percentile():
    assert math.isnan(latency([]).p50)


def test_cost_counts_each_service_and_both_servers_and_nothing_else():
    flood = a_phase(messages=100, intake=0.2, notify=0.1, broker=0.05, database=0.04, tap=9.0)
    result = a_result(flood)
    assert result.cpu_in_services == pytest.approx(3.0)
    assert result.cpu_in_all == pytest.approx(3.9)


def test_a_chain_without_a_database_server_costs_what_the_others_cost():
    assert a_result(a_phase(intake=0.1, broker=0.1)).cpu_in_all == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("ours", "bare", "stock", "met"),
    [(50.0, 100.0, 12.5, [True, True]), (49.9, 100.0, 12.5, [False, False]), (60.0, 100.0, 20.0, [True, False])],
)
def test_throughput_is_weighed_against_both_baselines(ours, bare, stock, met):
    others = {name: a_result(a_phase(seconds=100 / rate)) for name, rate in (("bare", bare), ("stock", stock))}
    found = aims(a_result(a_phase(seconds=100 / ours), a_phase(PACED)), others, rate=50.0)
    assert [aim.is_met for aim in found if "throughput" in aim.what] == met


def test_without_baselines_there_is_no_ratio():
    assert not [aim for aim in aims(a_result(a_phase(), a_phase(PACED)), {}, rate=50.0) if "throughput" in aim.what]


@pytest.mark.parametrize(("p50", "met"), [(39.9, True), (40.0, False)])
def test_latency_is_judged_at_the_rate_that_the_aim_names(p50, met):
    result = a_result(a_phase(), a_phase(PACED, p50=p50))
    assert [aim.is_met for aim in aims(result, {}, rate=50.0) if "p50" in aim.what] == [met]
    assert not [aim for aim in aims(result, {}, rate=20.0) if "p50" in aim.what]


def test_without_a_paced_phase_there_is_no_latency_to_judge():
    assert not [aim for aim in aims(a_result(a_phase()), {}, rate=50.0) if "p50" in aim.what]


@pytest.mark.parametrize(("at_start", "at_work"), [(130.0, 60.0), (60.0, 130.0)])
def test_memory_counts_at_its_highest_in_the_heaviest_service(at_start, at_work):
    found = aims(a_result(a_phase(), at_start=at_start, at_work=at_work), {}, rate=50.0)
    assert found[-1] == Aim(found[-1].what, 130.0, 120.0, at_least=False)
    assert not found[-1].is_met


@pytest.mark.parametrize(("found", "right"), [(4, False), (5, True), (6, False)])
def test_one_too_few_and_one_too_many_are_both_wrong(found, right):
    assert Check("alerts", 5, found).is_right is right
