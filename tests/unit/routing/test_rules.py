"""Which rule a complaint falls under, and what follows: needs, weight, priority, its own pool of agents."""

from datetime import timedelta

from services.routing.domain.needs import CATEGORY, CUSTOMER, Wanted
from services.routing.domain.policy import When
from services.routing.domain.reasons import Reason
from shared.contracts.event import Severity
from shared.policy.words import NONE
from tests.unit.routing.builders import NOON, ONE_EACH, Office, a_policy, a_rule, an_agent, classified, updated
from tests.unit.shared.hours import shifts

RECALL = a_rule(
    "recall",
    when=When(campaign=frozenset({"recall-2026"})),
    wanted=Wanted(skill=NONE, region=NONE, team="recall"),
)
SAFETY = a_rule(
    "safety",
    when=When(category=frozenset({"safety"})),
    wanted=Wanted(skill_level=4, language_level=2),
    weight=dict.fromkeys(Severity, 2),
    priority=dict.fromkeys(Severity, 7),
    answer_within=dict.fromkeys(Severity, timedelta(minutes=5)),
)
REST = a_rule("rest")


def test_the_first_rule_that_fits_decides(office: Office) -> None:
    office.start_over(a_policy(RECALL, SAFETY, REST))
    office.tell(
        classified("both", category="safety", campaign="recall-2026"),
        classified("second", category="safety"),
        classified("neither"),
    )
    assert [office.assignment(id_)["rule"] for id_ in ("both", "second", "neither")] == ["recall", "safety", "rest"]


def test_the_rule_says_what_is_needed_and_how_much_it_weighs(office: Office) -> None:
    office.start_over(a_policy(SAFETY, REST))
    office.tell(classified(category="safety", customer_language="de"))
    found = office.assignment()
    assert found["needs"] == {
        "skill": "safety",
        "skill_level": 4,
        "language": "de",
        "language_level": 2,
        "region": "CZ",
        "team": None,
    }
    assert (found["weight"], found["priority"], found["stage"], found["relaxed"]) == (2, 7, 0, [])


def test_a_campaign_goes_to_its_own_pool_and_nowhere_else(office: Office) -> None:
    office.start_over(a_policy(RECALL, REST))
    office.employ(an_agent("ana"), an_agent("rita", skills=(), regions=(), teams=("recall",)))
    office.tell(classified("c1", campaign="recall-2026"), classified("c2"))
    assert (office.agent_of("c1"), office.agent_of("c2")) == ("rita", "ana")
    office.employ(an_agent("rita", skills=(), regions=(), teams=("night",)))
    office.tell(classified("c3", campaign="recall-2026"))
    assert office.assignment("c3")["reason"] == Reason.NOBODY_QUALIFIED


def test_a_level_that_is_one_too_low_is_not_enough(office: Office) -> None:
    office.start_over(a_policy(SAFETY, REST))
    office.employ(an_agent("low", skills={"safety": 3}), an_agent("high", skills={"safety": 4}, capacity=2))
    office.tell(classified("c1", category="safety"), classified("c2", category="safety"))
    assert (office.agent_of("c1"), office.agent_of("c2")) == ("high", None)
    assert office.assignment("c2")["rejected"] == {"skill_level": 1, "full": 1}


def test_what_is_not_known_of_the_customer_is_not_asked_for(office: Office) -> None:
    office.start_over(a_policy(a_rule(wanted=Wanted(skill=CATEGORY, language=CUSTOMER, region=CUSTOMER))))
    office.employ(an_agent(languages=(), regions=()))
    office.tell(classified(region=None))
    assert office.agent_of() == "eva"


def test_weight_and_priority_are_those_of_the_severity(office: Office) -> None:
    weights = {**ONE_EACH, Severity.CRITICAL: 3}
    office.start_over(a_policy(a_rule(weight=weights, priority={s: 10 * s.rank for s in Severity})))
    office.employ(an_agent(capacity=4))
    office.tell(classified("c1", severity=Severity.CRITICAL), classified("c2", severity=Severity.MEDIUM))
    assert (office.loads(), office.assignment("c1")["priority"]) == ({"eva": 4}, 30)
    assert office.assignment("c2")["priority"] == 10


def test_a_new_fact_may_bring_another_rule(office: Office) -> None:
    office.start_over(a_policy(SAFETY, REST))
    office.tell(classified())
    office.tell(updated(category="safety"))
    found = office.assignment()
    assert (found["rule"], [e["what"] for e in found["history"]]) == ("safety", ["queued", "changed", "queued"])


def test_the_rule_may_look_at_the_customers_clock(office: Office) -> None:
    evening = a_rule("evening", when=When(local_time=shifts(18, 23, zone="UTC", days=frozenset(range(7)))))
    office.start_over(a_policy(evening, REST))
    office.at = NOON  # 21:00 in Tokyo
    office.tell(classified("c1"))
    tokyo = classified("c2")
    office.tell(type(tokyo)(**{**vars(tokyo), "customer": type(tokyo.customer)(None, timezone="Asia/Tokyo")}))
    assert [office.assignment(id_)["rule"] for id_ in ("c1", "c2")] == ["rest", "evening"]
