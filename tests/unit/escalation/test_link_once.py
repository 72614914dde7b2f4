"""A link works once: what it does, what a second click finds, and how whoever used it goes on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.escalation.cases import announcements, store
from services.escalation.domain import answers
from services.escalation.domain.case import CaseState, What
from services.escalation.pages.links import spent_link
from shared import links
from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseEscalated,
    CaseHandedBack,
    CaseResolved,
    CaseSnoozed,
    CaseWarned,
    EscalationReason,
)
from shared.contracts.intake import Customer
from tests.harness.process import eventually
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import KEYS, LINKS, WEEK, Reader, id_of, reader, severe

ID = id_of()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALL_MUST = """
name: all
triggers: [{reason: severity, when: {severity: critical}}, {reason: overdue}]
clocks: [{name: resolution, measures: resolution, within: 5d}]
ladders:
  - {name: only, levels: [{name: all, recipients: supervisor, respond_within: 1h, answer: all}]}
follow_up: {within: 1h, remind: 80}
snooze_at_most: 4h
pause_at_most: 14d
again_after: 1h
"""


def spent(desk: Desk, token: Reader) -> tuple[str, bool] | None:
    claim = LINKS.claim(token.token)
    with desk.db.read() as tx:
        found = spent_link(tx, claim.alert_id)
    return (found[0], found[1] <= desk.now) if found else None


# -- once ---------------------------------------------------------------------------------------------------------


def test_the_button_takes_the_case_for_the_person_of_the_link_and_goes_on_to_a_page_of_its_own(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    answer = token.send()
    assert answer.status == 303 and answer.response.headers["Location"] != token.token
    assert "/" not in answer.response.headers["Location"], "relative: whatever path a proxy has put before it stays"
    assert [e.by for e in desk.told(CaseAcknowledged)] == ["anna"]
    assert spent(desk, token) == ("acknowledged", True)
    page = replace(token, token=answer.response.headers["Location"]).look()
    assert "You have taken this case" in page.html and "Just now: Anna Nováková took the case." in page.html
    assert "keep it open, or keep its address" in page.html
    assert page.acts == ["resolve", "note", "pause", "snooze", "escalate", "hand_back"]


def test_a_double_click_acts_once_and_both_lead_to_the_same_link(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    first, second = (replace(token, token=token.send().response.headers["Location"]) for _ in range(2))
    assert LINKS.claim(first.token) == LINKS.claim(second.token)
    assert len(desk.told(CaseAcknowledged)) == 1
    first.send("note", note="once")
    assert second.look().acts == [], "and so only one of them goes on"


def test_two_clicks_at_once_act_once(desk: Desk) -> None:
    """Both have come before either could act: whoever looks at the link before the case is locked acts twice."""
    desk.hear(severe())
    taken = reader(desk).press().reader
    with ThreadPoolExecutor(2) as pool:
        with desk.db.transaction() as tx:
            store.lock_cases(tx, [ID])
            clicks = [pool.submit(taken.send, "note", note="called her") for _ in range(2)]
            if desk.db.is_postgres:
                eventually(lambda: waiting_for_locks(desk) == 2, "both to wait")
        pages = [click.result() for click in clicks]
    assert [page.status for page in pages] == [303, 303]
    assert desk.timeline(ID).count("remarked") == 1


def waiting_for_locks(desk: Desk) -> int:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with desk.db.read() as tx:
        return int(tx.connection.scalar(text(waiting)) or 0)


def test_a_used_link_has_no_forms_says_for_what_it_was_used_and_acts_no_more(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    token.send()
    desk.jump(2 * MINUTE)
    for page, status in ((token.look(), 200), (token.send("resolve", outcome="upheld"), 409), (token.send(), 409)):
        assert (page.status, page.acts) == (status, [])
        assert "to take the case. A link works once." in page.html
        assert "The next alert or reminder brings a link with which you can go on; so does the API." in page.html
        assert "Just now" not in page.html and "keep its address" not in page.html
    assert desk.case(ID).state is CaseState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("act", "fields"),
    [("note", {"note": "another"}), ("note", {}), ("resolve", {"outcome": "upheld"}), ("dance", {}), (None, {})],
)
def test_another_form_with_a_used_link_is_not_lost_without_a_word(
    desk: Desk, act: str | None, fields: dict[str, str]
) -> None:
    """As when somebody goes back in the browser; at once, so that it might pass for a double click."""
    desk.hear(severe())
    token = reader(desk)
    token.send("note", note="one")
    page = token.send(act, **fields)
    assert (page.status, page.acts) == (409, [])
    assert "this link was used already, and nothing was done now" in page.html and "to add a note" in page.html
    assert desk.timeline(ID) == ["opened", "escalated", "remarked"]
    assert token.send("note", note=" one\r\n").status == 303, "but the same again is a double click"


def test_a_form_without_words_is_not_taken_for_another_one_without_words(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    assert [token.send(act).status for act in ("take", "escalate", "hand_back", "take")] == [303, 409, 409, 303]
    assert desk.timeline(ID) == ["opened", "escalated", "acknowledged"]


def test_a_used_link_of_who_no_longer_has_the_case_promises_nothing(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    token.send()
    desk.answer(ID, lambda case, setting: answers.take_over(case, "ben", setting))
    page = token.look().html
    assert "A link works once." in page and "brings a link" not in page


def test_what_changes_nothing_does_not_use_the_link_up(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    assert token.send("resolve", outcome="upheld").status == 409, "nobody has taken it yet"
    assert token.send("note").status == 422
    assert token.send("dance").status == 422
    assert spent(desk, token) is None
    assert token.look().acts[0] == "take"
    assert desk.timeline(ID) == ["opened", "escalated"]


def test_if_it_cannot_be_saved_the_link_is_not_used_up(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    desk.db.announce_with(lambda tx, events: 1 / 0)  # type: ignore[arg-type,return-value]
    with pytest.raises(ZeroDivisionError):
        token.send()
    desk.db.announce_with(desk._keep)
    assert spent(desk, token) is None and desk.case(ID).acknowledged_by is None
    assert token.press().status == 200


def test_each_alert_of_one_escalation_has_a_link_of_its_own(desk: Desk) -> None:
    desk.hear(severe())
    mail, sms = reader(desk, alert_id="mail"), reader(desk, alert_id="sms")
    mail.send()
    assert sms.look().acts[0] == "resolve"
    assert "You have taken this case" in sms.send().html
    assert spent(desk, sms) is None
    sms.press("resolve", outcome="upheld")
    assert desk.case(ID).state is CaseState.RESOLVED


def test_where_all_of_a_level_must_answer_each_answers_once(desk: Desk) -> None:
    desk.under(ALL_MUST)
    desk.hear(severe(customer=Customer(region="CZ"), language="und"))
    anna, ben = reader(desk, "anna"), reader(desk, "ben")
    page = anna.press()
    assert "You have answered" in page.html and "it waits for Ben Okafor." in page.html
    assert "take" not in page.acts
    assert spent(desk, anna) == ("confirmed", True)
    assert desk.case(ID).state is CaseState.ESCALATED
    assert "to answer it; the others of the level must answer, too" in anna.look().html
    assert anna.send().status == 303, "a double click"
    ben.send()
    assert desk.case(ID).state is CaseState.ACKNOWLEDGED


# -- going on -----------------------------------------------------------------------------------------------------


def test_every_form_leads_to_a_link_of_its_own_so_that_one_can_go_on(desk: Desk) -> None:
    desk.hear(severe())
    now = reader(desk).press().reader
    until = (desk.now + 2 * HOUR).strftime("%Y-%m-%dT%H:%M")
    seen = {now.token}
    for act, fields in (
        ("note", {"note": "Called her."}),
        ("pause", {"reason": "waiting_for_supplier", "until": until}),
        ("resume", {}),
        ("snooze", {"for_": "1h"}),
        ("take", {}),
        ("escalate", {"note": "He wants more."}),
        ("take", {}),
        ("resolve", {"outcome": "upheld", "remedies": ["apology", "refund"], "note": "Paid."}),
    ):
        page = now.press(act, **fields)  # type: ignore[arg-type]
        assert page.status == 200, (act, page.html)
        assert page.reader.token not in seen
        seen.add(page.reader.token)
        now = page.reader
    case = desk.case(ID)
    assert (case.state, case.outcome, case.remedies) == (CaseState.RESOLVED, "upheld", ("apology", "refund"))
    assert [row["note"] for row in desk.rows(ID) if row["note"]] == ["Called her.", "He wants more.", "Paid."]
    assert {row["actor"] for row in desk.rows(ID)} == {"ombud", "anna"}
    assert len(desk.told(CaseSnoozed)) == len(desk.told(CaseResolved)) == 1
    assert now.look().acts == []


def test_what_was_handed_back_needs_what_was_written(desk: Desk) -> None:
    desk.hear(severe())
    page = reader(desk).press().reader.press("hand_back", skill="refunds", language="de", note="please")
    (told,) = desk.told(CaseHandedBack)
    assert (told.needs, told.note, told.by) == ({"skill": "refunds", "language": "de"}, "please", "anna")
    assert "Anna Nováková gave this complaint back to the agents" in page.html


def test_a_case_can_be_put_off_or_passed_on_without_taking_it(desk: Desk) -> None:
    desk.hear(severe(), severe("2"))
    for name, act, fields in (("1", "snooze", {"for_": "4h"}), ("2", "escalate", {})):
        case = desk.case(id_of(name))
        reader(desk, case_id=case.id, escalation_id=case.escalation_id, alert_id=name).press(act, **fields)
    assert desk.case(id_of("1")).respond_by is not None
    assert desk.case(id_of("1")).state is CaseState.SNOOZED
    assert desk.case(id_of("2")).level == 2
    assert [e.level for e in desk.told(CaseEscalated)] == [1, 1, 2]


def test_at_the_top_there_is_no_next_level(desk: Desk) -> None:
    desk.hear(severe())
    desk.answer(ID, lambda case, setting: answers.escalate(case, "ben", 3, EscalationReason.MANUAL, setting))
    token = reader(desk, "dora")
    assert "escalate" not in token.look().acts
    assert token.send("escalate").status == 409
    assert desk.case(ID).level == 3


def test_the_forms_offer_only_what_the_policy_allows(desk: Desk) -> None:
    desk.under(ALL_MUST)
    desk.hear(severe())
    page = reader(desk).look()
    assert '<option value="4h">4 hours</option>' in page.html and "12 hours" not in page.html
    assert "escalate" not in page.acts


def test_the_link_that_follows_speaks_of_the_case_as_it_is_then(desk: Desk) -> None:
    desk.hear(severe())
    page = reader(desk).press("escalate")
    claim = LINKS.claim(page.reader.token)
    case = desk.case(ID)
    assert (claim.person, claim.case_id, claim.level, claim.escalation_id) == ("anna", ID, 2, case.escalation_id)
    assert page.acts[0] == "take"
    desk.jump(HOUR)
    desk.settle()
    assert page.reader.look().acts == ["take"], "it has climbed since"


def test_links_that_follow_on_each_other_end_with_the_first(desk: Desk) -> None:
    desk.hear(severe())
    now = reader(desk).press().reader
    for _ in range(3):
        desk.jump(WEEK / 4)
        now = now.press("note", note="still waiting").reader
        assert now.look().status == 200
    desk.jump(WEEK / 4 - MINUTE)
    assert now.look().status == 200
    desk.jump(2 * MINUTE)
    for page in (now.look(), now.send("note", note="late")):
        assert page.status == 410 and "This link has expired" in page.html
    assert desk.timeline(ID).count("remarked") == 3


def test_a_link_that_says_it_follows_must_be_signed_like_any_other(desk: Desk) -> None:
    desk.hear(severe())
    claim = LINKS.claim(reader(desk).press().reader.token)
    assert Reader(desk, links.mint(("other",), claim)).look().status == 404
    assert Reader(desk, links.mint(KEYS, claim)).look().status == 200


def test_long_ids_of_alerts_do_not_make_links_that_follow_the_same(desk: Desk) -> None:
    desk.hear(severe())
    now = reader(desk, alert_id="x" * 90).press().reader
    seen = set()
    for _ in range(4):
        seen.add(LINKS.claim(now.token).alert_id)
        now = now.press("note", note="on").reader
    assert len(seen) == 4 and all(len(alert_id) <= 100 for alert_id in seen)


def test_a_used_link_is_remembered_for_as_long_as_it_could_be_used(desk: Desk) -> None:
    desk.hear(severe())
    token = reader(desk)
    token.send()
    for waited, kept in ((WEEK, True), (23 * HOUR, True), (HOUR, False)):
        desk.jump(waited)
        assert desk.db.run(LINKS.sweep) == (0 if kept else 1)
    assert token.look().status == 410


# -- warnings -----------------------------------------------------------------------------------------------------


def warned(desk: Desk, person: str) -> Reader:
    told = desk.told(CaseWarned)[-1]
    return reader(desk, person, escalation_id=told.warning_id, alert_id=f"warned-{told.warning_id}")


def test_the_link_of_a_reminder_goes_on_with_the_case_until_it_is_called_for_anew(desk: Desk) -> None:
    desk.under(ALL_MUST)
    desk.hear(severe())
    desk.take(ID, "anna")
    desk.jump(50 * MINUTE)
    desk.tick()
    assert desk.told(CaseWarned)[-1].clock == "follow_up"
    first, second = warned(desk, "anna"), replace_alert(warned(desk, "anna"), "by text")
    assert first.press("note", note="on it").acts[0] == "resolve"
    assert second.look().acts[0] == "resolve", "the reminder came by two channels"
    desk.jump(2 * HOUR)
    desk.tick()
    assert desk.case(ID).state is CaseState.ESCALATED
    assert second.look().acts == ["take"]


def replace_alert(token: Reader, alert_id: str) -> Reader:
    return replace(token, token=links.mint(KEYS, replace(LINKS.claim(token.token), alert_id=alert_id)))


def test_the_link_of_a_warning_can_do_what_the_link_of_the_alert_can(desk: Desk) -> None:
    desk.hear(severe())
    desk.take(ID, "anna")
    desk.jump(16 * MINUTE)
    desk.tick()
    token = warned(desk, "anna")
    assert token.look().acts[0] == "resolve"
    desk.jump(HOUR)
    desk.settle()
    assert desk.case(ID).state is CaseState.ESCALATED
    assert token.look().acts == ["take"]


def test_a_warning_is_known_by_what_its_row_says(desk: Desk) -> None:
    desk.hear(severe())
    desk.jump(16 * MINUTE)
    desk.tick()
    (row,) = [row for row in desk.rows(ID) if row["what"] == What.WARNED]
    assert announcements.warning_id(ID, row["details"]) == desk.told(CaseWarned)[-1].warning_id


@pytest.mark.parametrize("around", ["<{}>", "{}.", "({})", "{},", "{} ", '"{}"', "{}。"])
def test_what_stands_around_a_link_in_a_text_is_no_part_of_it(desk: Desk, around: str) -> None:
    desk.hear(severe())
    token = reader(desk)
    assert replace(token, token=around.format(token.token)).look().status == 200


@pytest.mark.parametrize("wrapped", ["=\r\n", "\n", "=", " "])
def test_a_link_that_a_mail_program_wrapped_is_whole(desk: Desk, wrapped: str) -> None:
    desk.hear(severe())
    token = reader(desk).token
    assert LINKS.claim(token[:40] + wrapped + token[40:]) == LINKS.claim(token)


def test_the_full_stop_with_which_a_link_that_follows_begins_is_its_own(desk: Desk) -> None:
    desk.hear(severe())
    followed = reader(desk).press("take").reader.token
    assert followed.startswith(".")
    assert LINKS.claim(followed + ".").person == "anna"
