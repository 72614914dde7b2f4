"""Language packs can be edited by a company; every mistake is refused with its file and line."""

from pathlib import Path

import pytest

from services.intake.classify import Classifier, RulesError
from services.intake.classify.packs import Languages, load_packs, shipped_pack, shipped_signoffs


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


PACK = """ask:
  role: |
    captain
  wish: |
    want
  contact: |
    speak
category:
  delivery:
    3: |
      parcel*
severity:
  critical:
    safety: |
      shark*
"""


def write_pack(directory: Path, text: str, name: str = "en.yml") -> Path:
    (directory / name).write_text(text, encoding="utf-8")
    return directory


def test_a_company_can_bring_its_own_packs(tmp_path: Path):
    classifier = Classifier.load(write_pack(tmp_path, PACK))
    answer = classifier.classify("I want to speak to the captain, a shark ate the parcels on your boat.")
    assert (answer.asks_kind, answer.severity, answer.category) == ("supervisor", "critical", "safety")
    assert {one.rule for one in answer.evidence if one.for_ == "asks_supervisor"} == {
        "en.ask.role.captain",
        "en.ask.contact.speak",
    }


@pytest.mark.parametrize(
    ("wrong", "right", "place", "what"),
    [
        ("captain", "cap*tain", "en.yml:3", "star"),
        ("captain", "<crew>", "en.yml:3", "no class <crew>"),
        ("captain", ".. captain", "en.yml:3", "begins and ends with a word"),
        ("captain", "captain ..99 now", "en.yml:3", "gap"),
        ("captain", "!!", "en.yml:3", "no word"),
        ("  role:", "  rolle:", "en.yml:3", "unknown class 'rolle'"),
        ("delivery:", "transport:", "en.yml:10", "unknown category 'transport'"),
        ("3: |", "heavy: |", "en.yml:11", "not a weight"),
        ("safety: |", "sharks: |", "en.yml:15", "unknown flag 'sharks'"),
        ("severity:", "severeness:", "en.yml:13", "unknown section 'severeness'"),
        ("ask:", "lists:\n  role: |\n    x\nask:", "en.yml:3", "not like a class"),
        ("ask:", "lists:\n  crew: |\n    <role>\nask:", "en.yml:3", "no class <role>"),
        ("captain", "a & b & c", "en.yml:3", "either order"),
        ("    want", "  - want: [", "en.yml:", ""),
        ("  wish: |\n    want", "  wish: [want]", "en.yml:4", "a list"),
        ("captain", "cap\x00tain", "en.yml:1", "cannot be read"),
        ("      parcel*", "      parcel*\n    2: |\n      parcel*", "en.yml:13", "another weight on line 11"),
    ],
)
def test_a_broken_pack_is_refused_with_file_and_line(tmp_path: Path, wrong: str, right: str, place: str, what: str):
    assert wrong in PACK
    with pytest.raises(RulesError) as refused:
        Classifier.load(write_pack(tmp_path, PACK.replace(wrong, right, 1)))
    assert place in str(refused.value)
    assert what in str(refused.value)


def test_lists_save_repetition_and_vote_for_nothing(tmp_path: Path):
    pack = PACK.replace("ask:", "lists:\n  crew: |\n    mate, bosun\nask:").replace("captain", "captain, first <crew>")
    classifier = Classifier.load(write_pack(tmp_path, pack))
    assert classifier.classify("I want to speak to the first mate of this boat.").asks_kind == "supervisor"
    assert classifier.classify("I want to speak to the bosun of this boat.").asks_kind == "none"


def test_words_inside_an_idiom_mean_nothing(tmp_path: Path):
    classifier = Classifier.load(write_pack(tmp_path, PACK + "words:\n  idiom: |\n    loan shark\n"))
    assert classifier.classify("A loan shark stands on your boat.").severity == "low"
    assert classifier.classify("A white shark stands on your boat.").severity == "critical"


def test_a_wish_is_not_denied_by_what_stands_before_a_but(tmp_path: Path):
    pack = PACK.replace("ask:", "ask:\n  unwish: |\n    don t want\n  contrast: |\n    but")
    classifier = Classifier.load(write_pack(tmp_path, pack))
    assert not classifier.classify("I don't want to speak to the captain of this boat.").asks_supervisor
    assert classifier.classify("I don't want a voucher but want to speak to the captain.").asks_supervisor


def test_who_names_an_authority_may_ask_in_the_next_sentence(tmp_path: Path):
    pack = PACK.replace("ask:", "ask:\n  authority: |\n    who decides\n  onward: |\n    put me through")
    classifier = Classifier.load(write_pack(tmp_path, pack))
    assert classifier.classify("Who decides on this boat? Put me through.").asks_kind == "supervisor"
    assert not classifier.classify("Who decides on this boat? Nice weather. Put me through.").asks_supervisor


def test_every_mistake_is_named_at_once(tmp_path: Path):
    write_pack(tmp_path, PACK.replace("captain", "cap*tain"))
    write_pack(tmp_path, PACK.replace("delivery:", "transport:"), "pl.yml")
    with pytest.raises(RulesError) as refused:
        Classifier.load(tmp_path)
    assert [mistake.split(":")[0] for mistake in refused.value.mistakes] == ["en.yml", "pl.yml"]


def test_a_directory_without_packs_has_the_shipped_ones(tmp_path: Path, classifier: Classifier):
    assert Classifier.load(tmp_path).rules_version == classifier.rules_version


def test_a_pack_that_extends_the_shipped_one_adds_to_it_and_takes_from_it(tmp_path: Path):
    own = "extends: shipped\nask:\n  role: |\n    captain\nwithout: |\n  en.ask.role.manager\n"
    classifier = Classifier.load(write_pack(tmp_path, own))
    assert classifier.classify("I want to speak to the captain of this boat, please.").asks_kind == "supervisor"
    assert classifier.classify("I want to speak to the supervisor, please do it now.").asks_kind == "supervisor"
    rules = {one.rule for one in classifier.classify("I want to speak to the manager, please do it now.").evidence}
    assert "en.ask.role.manager" not in rules


def test_a_rule_of_ones_own_wins_over_the_shipped_weight(tmp_path: Path):
    own = "extends: shipped\ncategory:\n  billing:\n    9: |\n      invoice\n"
    answer = Classifier.load(write_pack(tmp_path, own)).classify("The invoice is wrong, have a look at it.")
    assert {e.weight for e in answer.evidence if e.rule == "en.category.billing.invoice"} == {10.8}


@pytest.mark.parametrize(
    ("own", "what"),
    [
        ("extends: nothing\n", "en.yml:1: only `extends: shipped`"),
        ("extends: shipped\nwithout: |\n  en.ask.role.nobody\n", "en.yml:3: there is no rule 'en.ask.role.nobody'"),
    ],
)
def test_a_wrong_extension_is_refused(tmp_path: Path, own: str, what: str):
    with pytest.raises(RulesError) as refused:
        Classifier.load(write_pack(tmp_path, own))
    assert what in str(refused.value)


def test_the_version_changes_with_any_rule(tmp_path: Path):
    first = Classifier.load(write_pack(tmp_path, PACK)).rules_version
    second = Classifier.load(write_pack(tmp_path, PACK)).rules_version
    changed = Classifier.load(write_pack(tmp_path, PACK.replace("shark*", "whale*"))).rules_version
    assert first == second != changed


def test_every_answer_carries_the_version(classifier: Classifier):
    assert classifier.classify("The lamp is broken.").rules_version == classifier.rules_version


@pytest.mark.parametrize(
    ("wrong", "line", "what"),
    [
        ("head_characters: many", 1, "'many' is not a number"),
        ("head_characters: .inf", 1, "'.inf' is not a number"),
        ("large_amount: nan", 1, "'nan' is not a number"),
        ("tail_characters: -1", 1, "'-1' is not a number from 0 on"),
        ("anger_saturation: 0", 1, "'0' is not a number from 0.01 on"),
        ("fallback_language: xx", 1, "there is no pack 'xx'"),
        ("neighbours:\n  sk: cs\n  bg: xx", 3, "there is no pack 'xx'"),
        ("flag_categories:\n  safty: safety 12", 2, "there is no flag 'safty'"),
        ("flag_categories:\n  safety: fire 12", 2, "there is no category 'fire'"),
        ("flag_anger:\n  press: 1\n  lawful: 1", 3, "there is no flag 'lawful'"),
    ],
)
def test_broken_thresholds_are_refused_with_file_and_line(tmp_path: Path, wrong: str, line: int, what: str):
    with pytest.raises(RulesError) as refused:
        Classifier.load(write_pack(tmp_path, f"{wrong}\n", "thresholds.yml"))
    assert [mistake.split("; known")[0] for mistake in refused.value.mistakes] == [f"thresholds.yml:{line}: {what}"]


def test_a_flag_may_vote_for_a_category_of_ones_own(tmp_path: Path):
    write_pack(tmp_path, "categories:\n  warranty: |\n", "company.yml")
    write_pack(tmp_path, "flag_categories:\n  press: warranty 3\nfallback_language: cs\n", "thresholds.yml")
    assert load_packs(tmp_path).thresholds.flag_categories == {"press": ("warranty", 3.0)}


def test_every_shipped_pack_is_right_and_its_signoffs_are_known_before_it_is_compiled():
    packs = load_packs()
    assert len(packs.by_language.names) >= 16
    for name in packs.by_language.names:
        assert shipped_signoffs(name) == packs.by_language[name].signoffs
        assert set(shipped_signoffs(name)) <= set(packs.signoffs)


def test_a_shipped_pack_is_compiled_when_it_is_needed():
    packs = Languages({}, shipped_pack)
    assert "cs" in packs and "xx" not in packs
    assert list(packs) == []
    assert packs["cs"].language == "cs"
    assert list(packs) == ["cs"]


def test_what_is_no_directory_is_refused(tmp_path: Path):
    with pytest.raises(RulesError, match="no folder"):
        Classifier.load(tmp_path / "away")
