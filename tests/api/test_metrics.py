"""What the services expose before anything has happened, and the page that is made of it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from apidocs import metrics
from apidocs.doors import Undescribed
from apidocs.worries import WORRIES
from shared.contracts.topology import SERVICES
from tests.api.described_series import described

# What a label may be of: enums of ours, and names that are set up. None of it is a person, an address, an id or a text.
LABELS = {
    *("about", "answer", "category", "channel", "effect", "encoding", "entrypoint", "field", "finding", "generation"),
    *("implementation", "kind", "language", "level", "limit", "load", "major", "mark", "minor", "outcome"),
    *("patchlevel", "provider", "purpose", "python", "queue", "reason", "region", "service", "severity", "source"),
    *("state", "status", "then", "tick", "to", "version", "what", "word"),
}
# What is known of the process and of what is set up before anything has happened.
NOT_AT_ZERO = ("process_", "python_", "ombud_sources_configured")


@pytest.mark.parametrize("service", SERVICES)
def test_every_series_begins_at_zero(service: str) -> None:
    for family in text_string_to_metric_families(metrics.pages_at_start()[service]):
        assert family.samples, f"{family.name} has no series before something has happened"
        if family.name.startswith(NOT_AT_ZERO) or family.name.endswith("_info"):
            continue
        assert {sample.value for sample in family.samples} == {0.0}, family.name


@pytest.mark.parametrize("service", SERVICES)
def test_no_label_is_of_anything_that_has_no_end(service: str) -> None:
    assert {label for series in metrics.at_start()[service].values() for label in series.labels} <= LABELS


@pytest.mark.parametrize("service", SERVICES)
def test_ours_have_our_prefix_and_their_unit(service: str) -> None:
    for series in metrics.at_start()[service].values():
        if series.name.startswith(("process_", "python_")):
            continue
        assert series.name.startswith("ombud_")
        assert series.type == "counter" or not series.name.endswith("_total"), series.name
        if series.type == "histogram" and series.name != "ombud_digest_alerts":
            assert series.name.endswith(("_seconds", "_ratio")), series.name


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_has_what_a_service_exposes_at_start(service: str) -> None:
    """So what reads the page reads all of it."""
    assert described()[service].keys() == metrics.at_start()[service].keys()


@pytest.mark.parametrize(("name", "told"), [("ombud_gone_total", "remove it"), ("ombud_outbox_waiting", "add WORRIES")])
def test_series_and_what_is_said_of_them_must_fit(name: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in WORRIES:
        monkeypatch.delitem(WORRIES, name)
    else:
        monkeypatch.setitem(WORRIES, name, "-")
    with pytest.raises(Undescribed, match=f"{name}.*{told}|{told}.*{name}"):
        metrics.page()
