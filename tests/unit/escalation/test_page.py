"""The page behind the link of an alert: what it tells whom."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.escalation.domain import answers
from services.escalation.domain.answers import Answer
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.policy import PauseReason
from services.escalation.domain.rungs import Setting
from services.escalation.pages import wording
from shared.contracts.escalation import CaseAcknowledged, Outcome, Remedy
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintForgotten, ComplaintMerged, ComplaintReopened, ComplaintResolved, Customer
from shared.contracts.notify import AlertAccepted
from shared.contracts.routing import ComplaintAssigned
from tests.harness.events import NOON, a_classified
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import LINKS, Reader, id_of, in_gb, reader, severe, tags

ID = id_of()
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def resolve(desk: Desk, person: str = "ben", case_id: str = ID) -> None:
    remedies = (Remedy.APOLOGY, Remedy.REFUND)
    desk.answer(case_id, lambda case, setting: answers.resolve(case, person, Outcome.PARTLY_UPHELD, remedies, setting))


def test_the_page_tells_what_the_supervisor_needs(desk: Desk) -> None:
    desk.hear(severe(customer=Customer(region="CZ", language="en", tier="gold"), flags=("safety", "data_leak")))
    case = desk.case(ID)
    assert case.escalation_id
    desk.hear_owners(ComplaintAssigned(ID, 1, "g", "Gita", NOON))
    desk.hear_alerts(AlertAccepted("a", ID, case.escalation_id, 1, "anna", "email", "ok", desk.now, 0.4))
    page = reader(desk).look().html
    for told in (
        ID,
        "Severity: critical",
        "Billing",
        "CZ",
        "the severity is critical",
        "1 of 3, ladder standard",
        "charged twice",
        "Gita",
        "Anna Nováková (you), Ben Okafor",
        "gold",
        "safety, data leak",
        "I take this case",
        "Anna Nováková was alerted by email",
        "Waiting since",
        "Nobody has taken this case yet",
        '<html lang="en">',
        '<time datetime="',
    ):
        assert told in page, told


def test_looking_at_the_page_changes_nothing(desk: Desk) -> None:
    desk.hear(severe())
    before = desk.case(ID)
    for _ in range(2):
        assert reader(desk).look().status == 200
    assert desk.case(ID) == before
    assert reader(desk).look().acts[0] == "take", "nor is the link used"
    assert not desk.told(CaseAcknowledged)


def test_clocks_say_in_words_how_they_stand(desk: Desk) -> None:
    desk.hear(severe())
    taken = reader(desk).press()
    assert "<strong>first answer</strong>: running, 29 minutes left. Due" in taken.html
    desk.jump(timedelta(minutes=31))
    assert "<strong>first answer</strong>: due now. Due" in taken.reader.look().html
    desk.tick()
    assert "<strong>first answer</strong>: missed. Due" in taken.reader.look().html


def test_a_clock_that_a_pause_stops_says_so_and_one_that_runs_on_does_not(desk: Desk) -> None:
    desk.hear(severe())
    reason, until = PauseReason.WAITING_FOR_CUSTOMER, desk.now + 2 * HOUR
    desk.answer(ID, lambda case, setting: answers.pause(case, "ben", reason, until, setting))
    page = reader(desk).look().html
    assert "<strong>resolution</strong>: stands still, " in page
    assert "<strong>first answer</strong>: running, " in page
    assert "ben" not in page and "Ben Okafor stopped the clocks until" in page and "waiting for customer" in page


def test_a_clock_that_was_kept_says_so(desk: Desk) -> None:
    desk.hear(severe())
    resolve(desk)
    assert "<strong>first answer</strong>: kept. Due" in reader(desk).look().html


def test_notes_stand_beside_what_they_are_about_and_are_escaped(desk: Desk) -> None:
    desk.hear(severe())
    desk.answer(ID, lambda case, setting: answers.remark(case, "ben", setting), "She said <script>x</script>")
    page = reader(desk).look().html
    assert "Ben Okafor added a note" in page
    assert '<q class="note" dir="auto">She said &lt;script&gt;x&lt;/script&gt;</q>' in page


def test_what_came_from_outside_is_escaped(desk: Desk) -> None:
    desk.hear(replace(severe(excerpt="<script>alert(1)</script>", product="<i>"), external_id='"><b>'))
    page = reader(desk).look().html
    assert "<script>" not in page and "<b>" not in page and "<i>" not in page
    assert "&lt;script&gt;" in page


# -- what has happened meanwhile ----------------------------------------------------------------------------------


def test_whoever_comes_second_is_told_who_has_it_and_since_when(desk: Desk) -> None:
    desk.hear(severe())
    desk.take(ID, "ben")
    for page in (reader(desk).look(), reader(desk).send()):
        assert page.status == 200
        assert "<strong>Ben Okafor has taken this case</strong>" in page.html
        assert wording.readable(desk.case(ID).acknowledged_at or NOON) in page.html
    assert desk.case(ID).acknowledged_by == "ben"


def test_a_resolved_case_says_by_whom_with_which_outcome_and_what_the_customer_got(desk: Desk) -> None:
    desk.hear(severe())
    resolve(desk)
    page = reader(desk).look()
    assert "Resolved by Ben Okafor: partly upheld" in page.html
    assert "The customer got: apology, refund." in page.html
    assert page.acts == []


def test_a_case_that_was_resolved_upstream_says_by_whom_and_when(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintResolved(ID, 2, NOON, "Call Centre"))
    page = reader(desk).look()
    assert "Resolved by Call Centre<" in page.html and "2 Nov 2026, 12:00 UTC" in page.html
    assert page.acts == []
    late = reader(desk).send()
    assert late.status == 409 and "cannot be done any more" in late.html


def test_a_case_that_was_put_off_says_by_whom_and_until_when_and_can_be_taken(desk: Desk) -> None:
    desk.hear(severe())
    desk.answer(ID, lambda case, setting: answers.snooze(case, "ben", setting.now + HOUR, setting))
    page = reader(desk).look()
    until = desk.case(ID).respond_by
    assert until and f"Ben Okafor has put this case off until {wording.readable(until)}" in page.html
    assert page.acts == ["take", "note", "escalate"]


def test_a_case_that_was_handed_back_says_so_and_what_it_needs(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    needs = {"skill": "billing", "language": "cs"}
    desk.answer(ID, lambda case, setting: answers.hand_back(case, "ben", needs, setting))
    page = token.look()
    assert "<strong>Ben Okafor gave this complaint back to the agents</strong>" in page.html
    assert "it needs language cs, skill billing" in page.html
    assert page.acts == ["take"], "the link is of an escalation that is over"


def test_a_part_says_of_what_and_how_that_one_stands(desk: Desk) -> None:
    desk.hear(severe(), severe("2"))
    token = reader(desk, case_id=ID, escalation_id=desk.case(ID).escalation_id)
    desk.link(ID, id_of("2"), "caro")
    desk.take(id_of("2"), "ben")
    page = token.look()
    assert f"<strong>Part of the complaint {id_of('2')}</strong>" in page.html
    assert "That one is acknowledged now, taken by Ben Okafor." in page.html
    assert f"<dt>Part of</dt><dd>{id_of('2')}</dd>" in page.html
    assert page.acts == []
    whole = reader(desk, case_id=id_of("2")).look().html
    assert f"<dt>Complaints in it</dt><dd>1; the list: GET /v1/cases?parent={id_of('2')}</dd>" in whole


def test_a_major_complaint_says_how_many_it_stands_for_and_where_and_each_of_them_says_of_what_it_is_part(
    desk: Desk,
) -> None:
    places = [Customer(region=region) for region in ("CZ", "SK")]
    alike = {"product": "KX-200", "severity": Severity.LOW}
    desk.hear(*(a_classified(f"{n}", customer=places[n % 2], **alike) for n in range(40)))
    desk.watch_storms()
    desk.watch_storms()
    token = reader(desk, "caro")
    page, major = token.look(), LINKS.claim(token.token).case_id
    for told in (
        "Major complaint: 40 complaints",
        f"<dt>Complaints in it</dt><dd>40; the list: GET /v1/cases?parent={major}</dd>",
        "<dt>Region</dt><dd>CZ, SK</dd>",
        "<dt>Why level 1</dt><dd>many complaints are alike</dd>",
        "Many complaints alike became this major complaint",
        "Caro Weiß (you)",
    ):
        assert told in page.html, told
    token.press()
    part = reader(desk, case_id=id_of("7")).look()
    assert f"<strong>Part of the major complaint {major}</strong>" in part.html
    assert "That one is acknowledged now, taken by Caro Weiß." in part.html
    assert part.acts == []


def test_a_case_that_has_come_to_the_end_of_its_ladder_says_so_and_can_be_taken(desk: Desk) -> None:
    desk.hear(severe())
    for _ in range(4):
        desk.jump(16 * MINUTE)
        desk.settle()
    assert desk.case(ID).state is CaseState.EXHAUSTED
    page = reader(desk, "dora").look()
    assert "Nobody has taken this case, and no level is left" in page.html
    assert page.acts == ["take", "note", "snooze", "hand_back"]
    assert reader(desk, "dora").press().acts[0] == "resolve"


def test_a_complaint_that_was_merged_says_so(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintMerged(ID, 5, NOON, "into", "petra"))
    page = reader(desk).look()
    assert "Part of complaint into now" in page.html and page.acts == []


def test_of_a_forgotten_complaint_nothing_is_shown(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    desk.answer(ID, lambda case, setting: answers.remark(case, "ben", setting), "a rhubarb kettle")
    desk.hear(ComplaintForgotten(ID, 5, NOON))
    for page in (token.look(), token.send()):
        assert page.status == 410 and "data was erased" in page.html
        assert "rhubarb" not in page.html and "charged twice" not in page.html


def test_a_link_of_a_lower_level_says_that_the_case_has_climbed_and_can_take_it_and_nothing_else(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    desk.jump(HOUR)
    desk.settle()
    page = token.look()
    assert "You were alerted at level 1; the case is at level 2 now." in page.html
    assert "Ben" not in page.html and "Caro Weiß" in page.html, "who is alerted now"
    why = "nobody answered in time; escalated at first because the severity is critical"
    assert why in page.html
    assert page.acts == ["take"]
    refused = token.send("escalate")
    assert refused.status == 409 and "cannot be done any more" in refused.html
    assert desk.case(ID).level == 2
    assert token.press().status == 200
    assert desk.case(ID).acknowledged_by == "anna"


def test_a_link_of_an_earlier_round_of_the_same_level_says_so(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    desk.answer(ID, lambda case, setting: answers.snooze(case, "ben", setting.now + 5 * MINUTE, setting))
    assert token.look().acts == ["take", "note", "escalate"]
    desk.jump(5 * MINUTE)
    desk.tick()
    assert (desk.case(ID).state, desk.case(ID).level) == (CaseState.ESCALATED, 1)
    page = token.look()
    assert "You were alerted at level 1; the level has been alerted again since." in page.html
    assert page.acts == ["take"]
    assert len(reader(desk).look().acts) > 1


def test_a_case_that_was_opened_again_is_another_matter(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    desk.hear(ComplaintResolved(ID, 2, NOON, "crm"))
    desk.hear(ComplaintReopened(ID, 3, NOON, "crm"))
    assert token.look().acts == ["take"]


def take_from(person: str) -> Callable[[Case, Setting], Answer]:
    return lambda case, setting: answers.take_over(case, person, setting)


def test_whoever_lost_the_case_to_another_may_take_it_over_again(desk: Desk) -> None:
    desk.hear(severe())
    mine = reader(desk).press()
    desk.answer(ID, take_from("ben"))
    page = mine.reader.look()
    assert page.acts == ["take_over", "note"]
    assert "You have taken" not in page.html
    mine.reader.press("take_over")
    assert desk.case(ID).acknowledged_by == "anna"


# -- pages for all, and for nobody --------------------------------------------------------------------------------


def test_every_answer_is_locked_down(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    pages = (token.look(), token.send("resolve"), token.send("note"), token.send(), Reader(desk, "x").look())
    assert [page.status for page in pages] == [200, 409, 422, 303, 404]
    for page in pages:
        headers = page.response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script" not in policy and "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "<script" not in page.html and "src=" not in page.html and "http" not in page.html


def test_every_field_has_a_label_and_every_form_a_button_and_posts_to_where_it_is(desk: Desk) -> None:
    desk.hear(severe())
    page = reader(desk).press()
    labels = {label.get("for") for label in tags(page.html, "label")}
    fields = [*tags(page.html, "input"), *tags(page.html, "select"), *tags(page.html, "textarea")]
    shown = [field for field in fields if field.get("type") not in ("hidden", "checkbox")]
    assert len(shown) >= 10
    assert {field["id"] for field in shown} == labels - {None}
    ids = [field["id"] for field in fields if "id" in field]
    assert len(ids) == len(set(ids))
    forms = tags(page.html, "form")
    assert len(forms) == len(tags(page.html, "button")) == len(page.acts)
    assert all(form == {"method": "post"} for form in forms)
    assert not any("tabindex" in field or "autofocus" in field for field in fields), "the order is that of the page"


def test_a_bad_link_leads_to_a_clear_page(desk: Desk) -> None:
    desk.hear(severe())
    good = reader(desk)
    unknown = reader(desk, case_id=id_of("never"))
    for token in (Reader(desk, good.token[:-2]), unknown):
        for page in (token.look(), token.send()):
            assert page.status == 404 and "This link leads nowhere" in page.html
    desk.jump(timedelta(days=8))
    for page in (good.look(), good.send()):
        assert (page.status, "This link has expired" in page.html) == (410, True)
    assert not desk.told(CaseAcknowledged)


def test_a_person_whom_nobody_knows_by_name_is_called_by_id(desk: Desk) -> None:
    desk.hear(in_gb())
    desk.take(ID, "stranger")
    assert "stranger has taken this case" in reader(desk, "ben").look().html


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(days=1, hours=2, minutes=3), "1 day 2 hours"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_lengths_of_time_in_words(length: timedelta, said: str) -> None:
    assert wording.span(length) == said
