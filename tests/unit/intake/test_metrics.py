"""What intake counts: each complaint once, by names that are known, and only what is committed."""

import pytest
from prometheus_client import REGISTRY

from services.intake import metrics, usecases
from services.intake.classify import Classifier
from services.intake.domain.complaint import Submission
from services.intake.reader import Reader
from services.intake.settings import WrongSettings, read
from shared.contracts.event import Severity
from tests.unit.intake.conftest import Desk, a_contact


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name}{labels} is not there"
    return found


class Counted:
    """What has been added to a series since this was made."""

    def __init__(self, name: str, **labels: str):
        self._name, self._labels = name, labels
        self._before = value(name, **labels)

    def __int__(self) -> int:
        return int(value(self._name, **self._labels) - self._before)


def test_a_complaint_counts_by_source_language_category_and_severity(desk: Desk) -> None:
    metrics.know_sources(["shop"], ["web"])
    metrics.know_rules("v1", ["en", "cs"], [])
    counted = [
        Counted("ombud_complaints_by_source_total", source="web"),
        Counted("ombud_complaints_by_language_total", language="cs"),
        Counted("ombud_complaints_by_category_total", category="refund"),
        Counted("ombud_complaints_total", severity="high"),
    ]
    contacts = Counted("ombud_contacts_total")
    desk.take(a_contact("1", language="cs", category="refund", severity=Severity.HIGH))
    desk.take(a_contact("2", language="cs", category="refund", severity=Severity.HIGH))
    assert [int(each) for each in counted] == [1, 1, 1, 1]
    assert int(contacts) == 2


def test_what_has_no_name_counts_as_other(desk: Desk) -> None:
    others = [
        Counted("ombud_complaints_by_source_total", source="other"),
        Counted("ombud_complaints_by_language_total", language="other"),
        Counted("ombud_complaints_by_category_total", category="other"),
    ]
    read = a_contact("1", language="tlh", category="teleporting")
    desk.take(type(read)(Submission("somebody@example.org", "1", "It leaks."), read.verdict))
    assert [int(each) for each in others] == [1, 1, 1]
    assert REGISTRY.get_sample_value("ombud_complaints_by_source_total", {"source": "somebody@example.org"}) is None


def test_rules_of_a_company_add_their_categories(desk: Desk) -> None:
    metrics.know_rules("v2", ["en"], ["parking"])
    parking = Counted("ombud_complaints_by_category_total", category="parking")
    metrics.know_rules("v3", ["en"], [])
    desk.take(a_contact(category="parking"))
    assert int(parking) == 1, "a series that was there stays there"


def test_a_contact_that_is_known_counts_as_repeated(desk: Desk) -> None:
    repeated, contacts = Counted("ombud_contacts_repeated_total"), Counted("ombud_contacts_total")
    desk.take(a_contact()).take(a_contact())
    assert (int(repeated), int(contacts)) == (1, 1)


class Undone(Exception):
    pass


def take_in_and_fail(desk: Desk) -> None:
    with desk.db.transaction() as tx:
        usecases.take_in(tx, desk.rules, [a_contact()])
        raise Undone


def test_what_is_rolled_back_does_not_count(desk: Desk) -> None:
    contacts, complaints = Counted("ombud_contacts_total"), Counted("ombud_complaints_total", severity="medium")
    with pytest.raises(Undone):
        take_in_and_fail(desk)
    assert (int(contacts), int(complaints)) == (0, 0)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(Classifier.load())


@pytest.mark.parametrize(
    ("text", "language"), [("Ich möchte mein Geld zurück, die Lampe ist kaputt.", "de"), ("退款一直没有到账", "zh")]
)
def test_each_reading_says_how_sure_it_is(reader: Reader, text: str, language: str) -> None:
    names = ("ombud_classifier_confidence_ratio_count", "ombud_classifier_confidence_ratio_sum")
    counted, sure = (Counted(name, about="language") for name in names)
    categories, read_in = Counted(names[0], about="category"), Counted("ombud_classifier_duration_seconds_count")
    before = value(names[1], about="language")
    assert reader.read(Submission("web", "1", text)).verdict.language == language
    assert (int(counted), int(categories), int(read_in)) == (1, 1, 1)
    assert 0.4 <= value(names[1], about="language") - before <= 1
    assert int(sure) in (0, 1)


@pytest.mark.parametrize("text", ["12345 !!", "!!"])
def test_a_text_without_letters_leaves_no_confidence(reader: Reader, text: str) -> None:
    found = reader.classifier.classify(text)
    assert (found.language, found.language_confidence) == ("und", 0.0)


def test_every_language_that_can_be_answered_has_a_series(reader: Reader) -> None:
    for language in reader.classifier.languages:
        assert value("ombud_complaints_by_language_total", language=language) >= 0
    assert {"und", "en", "uk", "ja"} <= set(reader.classifier.languages)


def test_names_of_sources_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMBUD_AMQP_URI", "amqp://127.0.0.1")
    monkeypatch.setenv("OMBUD_SOURCE_NAMES", "web, shop,,web")
    assert read().source_names == ("web", "shop")
    monkeypatch.setenv("OMBUD_SOURCE_NAMES", ",".join(map(str, range(51))))
    with pytest.raises(WrongSettings, match="51 names: at most 50"):
        read()
