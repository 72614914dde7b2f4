"""A customer whom somebody knows already gets the same agent again, if that one can take it; otherwise the score."""

from datetime import timedelta

from services.routing.domain.presence import Presence
from shared.contracts.intake import ComplaintClassified, ComplaintUpdated
from tests.unit.routing.builders import NOON, Office, an_agent, classified, reopened, resolved

Facts = ComplaintClassified | ComplaintUpdated


def from_source(source: str, facts: Facts) -> Facts:
    return type(facts)(**{**vars(facts), "source": source})


def two_agents(office: Office) -> None:
    """ana would be the choice by the score from the second complaint on."""
    office.employ(an_agent("ana", skills={"billing": 5}, capacity=2), an_agent("bea", skills={"billing": 1}))


def with_bea(office: Office, customer: str = "k1") -> None:
    two_agents(office)
    office.tell(classified("old", customer=customer))
    office.assign("old", "bea", force=True)


def test_who_had_the_customers_last_complaint_gets_the_next(office: Office) -> None:
    with_bea(office)
    office.tell(classified("c1", customer="k1"), classified("c2", customer="k2"))
    assert (office.agent_of("c1"), office.assignment("c1")["reason"]) == ("bea", "known_customer")
    assert (office.agent_of("c2"), office.assignment("c2")["reason"]) == ("ana", "best_score")


def test_also_when_that_one_was_resolved(office: Office) -> None:
    with_bea(office)
    office.tell(resolved("old"))
    office.tell(classified("c1", customer="k1"))
    assert office.agent_of("c1") == "bea"


def test_the_same_reference_in_another_source_is_another_customer(office: Office) -> None:
    with_bea(office)
    office.tell(from_source("mail", classified("c1", customer="k1")))
    assert office.assignment("c1")["reason"] == "best_score"


def test_customers_without_reference_are_not_one_customer(office: Office) -> None:
    two_agents(office)
    office.tell(classified("old"))
    office.assign("old", "bea", force=True)
    office.tell(classified("c1"))
    assert office.assignment("c1")["reason"] == "best_score"


def test_of_several_who_know_the_customer_the_last_one_counts(office: Office) -> None:
    with_bea(office)
    office.at = NOON + timedelta(days=400)
    office.tell(classified("later", customer="k1"))
    office.assign("later", "ana", force=True)
    office.tell(classified("c1", customer="k1"))
    assert office.agent_of("c1") == "ana"


def test_who_knows_the_customer_but_is_away_or_full_or_not_able_is_not_waited_for(office: Office) -> None:
    with_bea(office)
    office.say("bea", Presence.AWAY)
    office.tell(classified("away", customer="k1"))
    office.say("bea", Presence.AVAILABLE)
    office.tell(classified("other", customer="k1", category="refund"))
    office.employ(an_agent("bea", skills={"billing": 1}, capacity=1))
    office.tell(classified("full", customer="k1"))
    assert [office.agent_of(id_) for id_ in ("away", "other", "full")] == ["ana", None, "ana"]


def test_a_reopened_complaint_goes_to_its_agent_before_the_customers(office: Office) -> None:
    with_bea(office)
    office.tell(classified("c1", customer="k1"))
    office.tell(resolved("c1"))
    office.tell(classified("c2", customer="k1"))
    office.assign("c2", "ana", force=True)
    office.tell(reopened("c1"))
    assert (office.agent_of("c1"), office.assignment("c1")["reason"]) == ("bea", "same_agent")


def test_a_reopened_complaint_whose_agent_went_home_goes_by_the_score(office: Office) -> None:
    with_bea(office)
    office.tell(resolved("old"))
    office.say("bea", Presence.OFFLINE)
    office.tell(reopened("old"))
    assert (office.agent_of("old"), office.assignment("old")["reason"]) == ("ana", "best_score")


def test_who_declined_the_customers_last_one_is_not_given_the_next(office: Office) -> None:
    office.employ(an_agent("bea", skills={"billing": 5, "refund": 1}), an_agent("cyd", skills={"refund": 5}))
    office.tell(classified("old", customer="k1"))
    office.decline("old", "bea")
    office.tell(classified("c1", customer="k1", category="refund"))
    assert (office.agent_of("c1"), office.assignment("c1")["reason"]) == ("cyd", "best_score")


def test_who_had_an_earlier_one_is_known_though_somebody_else_declined_the_last(office: Office) -> None:
    with_bea(office)
    office.tell(classified("later", customer="k1"))
    office.assign("later", "ana", force=True)
    office.employ(an_agent("bea", skills={"billing": 1}, capacity=0))
    office.decline("later", "ana")
    office.employ(an_agent("bea", skills={"billing": 1}))
    office.tell(classified("c1", customer="k1"))
    assert (office.agent_of("c1"), office.assignment("c1")["reason"]) == ("bea", "known_customer")


def test_a_reopened_complaint_does_not_return_to_who_had_declined_it(office: Office) -> None:
    office.employ(an_agent("bea", skills={"billing": 1}))
    office.tell(classified("old"))
    office.decline("old", "bea")
    office.tell(resolved("old"))
    office.employ(an_agent("cyd", skills={"billing": 5}))
    office.tell(reopened("old"))
    assert (office.agent_of("old"), office.assignment("old")["reason"]) == ("cyd", "best_score")
