"""For any text: mail around it is ignored, offsets are true, the same text gives the same answer, nothing is slow."""

import random
import time

import pytest

from services.intake.classify import Classification, Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


LAMP = "The lamp arrived with a scratch."
QUOTED = [
    "\n\nOn Mon, 3 May 2027 at 10:02, Ann wrote:\n> I want to speak to your manager!\n> My son was burned.\n",
    "\n\nDne 3. 5. 2027 Anna napsala:\n> Chci mluvit s vedoucím!\n",
    "\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\n\nI want to speak to your manager!\n",
    "\n\nW dniu 3.05.2027 Anna napisała:\n> Chcę rozmawiać z kierownikiem!\n",
    "\n\n> Θέλω να μιλήσω με τον υπεύθυνο!\n",
    "\n\n2027年5月3日，安娜写道：\n> 叫你们经理来！\n",
]
SIGNATURES = [
    "\n\n-- \nAnn Smith\nManager, Please Call Ltd\nTel. 555 010 010",
    "\n\nKind regards,\nAnn Smith\nSupervisor wanted@example.org",
    "\n\nS pozdravem\nAnna Nová\nvedoucí oddělení, prosím volejte",
]


def decision(answer: Classification) -> tuple:
    return answer.category, answer.severity, answer.asks_kind, answer.flags


@pytest.mark.parametrize("tail", QUOTED + SIGNATURES)
def test_quoted_mail_and_signatures_never_flip_a_decision(classifier: Classifier, tail: str):
    assert decision(classifier.classify(LAMP + tail)) == decision(classifier.classify(LAMP))


def test_what_is_written_below_marked_quotation_counts(classifier: Classifier):
    text = "On Monday you wrote:\n> We sent a lamp.\nIt is broken, I want to speak to a manager."
    assert classifier.classify(text).asks_supervisor


def test_a_forwarded_mail_without_own_words_is_read(classifier: Classifier):
    assert classifier.classify("> I want to speak to a manager, my lamp is broken.").asks_supervisor


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello 👋🏽 — Chci mluvit s VEDOUCÍM pobočky, žádný robot!", "VEDOUCÍM"),
        ("Straße, Straße: bitte verbinden Sie mich mit dem Vorgesetzten.", "Vorgesetzten"),
        ("Cafe\u0301 cafe\u0301: I want to speak to a supe\u00adrvisor about the burnt cake.", "supe\u00adrvisor"),
        ("我要投诉，叫你们經理來！", "叫你们經理來"),
        ("Συνδέστε με με τον ΥΠΕΎΘΥΝΟ τώρα.", "ΥΠΕΎΘΥΝΟ"),
    ],
)
def test_offsets_point_at_the_matched_words_in_the_original(classifier: Classifier, text: str, words: str):
    evidence = classifier.classify(text).evidence
    asks = [one.matched for one in evidence if one.for_ == "asks_supervisor"]
    assert any(matched.endswith(words) for matched in asks)
    assert all(text[one.start : one.end] == one.matched != "" for one in evidence)


def test_offsets_are_true_in_the_tail_of_a_long_text(classifier: Classifier):
    text = "The lamp hangs in the hall. " * 300 + "I want to speak to a supervisor."
    asks = [one for one in classifier.classify(text).evidence if one.for_ == "asks_supervisor"]
    assert asks
    assert all(text[one.start : one.end] == one.matched for one in asks)


def test_only_head_and_tail_of_a_long_text_are_read(classifier: Classifier):
    filler = "The lamp hangs in the hall. " * 200
    assert not classifier.classify(filler + "I want to speak to a supervisor. " + filler).asks_supervisor


def test_the_same_text_gives_the_same_answer(classifier: Classifier):
    text = "Chci mluvit s vedoucím, pračka je rozbitá a syn se popálil."
    assert classifier.classify(text) == classifier.classify(text) == Classifier.load().classify(text)


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, lambda text: f"  {text}\n\n", lambda text: text.replace(" ", "  ")]
)
def test_case_and_spaces_never_flip_a_decision(classifier: Classifier, change):
    text = "Please put me through to a supervisor, the lamp is broken."
    assert decision(classifier.classify(change(text))) == decision(classifier.classify(text))


def test_the_subject_counts_and_its_evidence_has_no_offset_in_the_text(classifier: Classifier):
    answer = classifier.classify(LAMP, subject="Manager requested: please let me speak to a supervisor")
    assert answer.asks_supervisor
    asks = [one for one in answer.evidence if one.for_ == "asks_supervisor"]
    assert {(one.start, one.end) for one in asks} == {(-1, -1)}
    assert all(LAMP[one.start : one.end] == one.matched for one in answer.evidence if one.start >= 0)


@pytest.mark.parametrize("text", ["", "   \n\t ", "😡😡😡", "!!! ... ---", "\u200b\ufeff"])
def test_a_text_without_words_says_nothing(classifier: Classifier, text: str):
    answer = classifier.classify(text)
    assert (answer.language, answer.category, answer.severity, answer.asks_kind) == ("und", "other", "low", "none")
    assert answer.evidence == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [("ok", "und"), ("Dobrý den, prosím o radu s pračkou.", "cs"), ("Γεια σας", "el"), ("你好", "zh")],
)
def test_short_latin_text_is_und_but_other_scripts_settle_the_language(
    classifier: Classifier, text: str, language: str
):
    assert classifier.classify(text).language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Zdravstvuyte, gde moya posylka? Nikto ne otvechaet.", "ru"),
        ("Dobryi den, meni duzhe treba vash kerivnyk, bo hroshi ne povernuly.", "uk"),
        ("Kalispera, thelo na miliso me ton ypefthino sas parakalo.", "el"),
        ("> A line that somebody else wrote at great length\nThe lamp that you sold me does not work.", "en"),
    ],
)
def test_language_in_latin_letters_and_below_quoted_mail(classifier: Classifier, text: str, language: str):
    assert classifier.classify(text).language == language


def test_the_hint_decides_the_language_of_a_short_text(classifier: Classifier):
    assert classifier.classify("Manager!", language_hint="pl").language == "pl"
    assert classifier.classify("The lamp is broken and I want a new one.", language_hint="pl").language == "en"


@pytest.mark.parametrize("tag", ["PL", "pl-PL", "pl_PL", "pl-Latn-PL", " pl "])
def test_the_hint_may_be_written_as_systems_write_it(classifier: Classifier, tag: str):
    assert classifier.classify("Manager!", language_hint=tag).language == "pl"


@pytest.mark.parametrize("tag", ["", "und", "xx", "\N{GRINNING FACE}", "-", "polish"])
def test_a_hint_that_names_no_language_that_is_read_changes_nothing(classifier: Classifier, tag: str):
    assert classifier.classify("Manager!", language_hint=tag) == classifier.classify("Manager!")


def hostile_texts() -> list[str]:
    chance = random.Random(7)
    alphabet = "ab .,\n>:-*!?éß中经理我要マнο\u0301\u200b'\"0123456789€"
    noise = ["".join(chance.choices(alphabet, k=20_000)) for _ in range(3)]
    patterns = [
        "a" * 20_000,
        "i want " * 2_900,
        "manager " * 2_500,
        "我要" * 10_000,
        "\n" * 20_000,
        "> \n" * 6_600,
        "a:\n" * 6_600,
    ]
    patterns += [
        "1 000 " * 3_300,
        "e\u0301" * 10_000,
        "x wrote:\n" * 2_200,
        "http://" * 2_800,
        "https://" + "a" * 19_000,
        "my your the " * 1_600,
    ]
    return noise + patterns


@pytest.mark.parametrize("text", [pytest.param(text, id=f"hostile-{i}") for i, text in enumerate(hostile_texts())])
def test_no_text_is_slow(classifier: Classifier, text: str):
    best = min(seconds_for(classifier, text) for _ in range(3))
    # Processor time; the aim is 0.05 s, the bound leaves room for a machine that is busy with other tests.
    assert best < 0.15


def seconds_for(classifier: Classifier, text: str) -> float:
    start = time.process_time()
    classifier.classify(text)
    return time.process_time() - start
