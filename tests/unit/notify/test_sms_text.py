"""How many parts a text message has, and what a long one loses first."""

import codecs
import itertools

import gsm0338  # registers an independent codec of the same alphabet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.sms_text import Encoding, encoding_of, fitted, link_marks, parts, plain

assert gsm0338
LINK = "https://ombud.example/a/" + "x" * 60 + ".y.z"
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
GSM = st.text("@£ÇØΔ_ΞÉ !09AZäñà\n\f^{}\\[~]|€", max_size=400)


def is_gsm7(text: str) -> bool:
    try:
        codecs.encode(text, "gsm03.38")
    except UnicodeEncodeError:
        return False
    return "\x1b" not in text  # the escape itself, which that codec lets through


def weight(text: str, encoding: Encoding) -> int:
    """In the units of the encoding, as an independent codec counts them."""
    return len(codecs.encode(text, "gsm03.38")) if encoding is Encoding.GSM7 else len(text.encode("utf-16-be")) // 2


def test_the_alphabet_is_that_of_the_standard():
    ours = {chr(n) for n in range(0x3000) if encoding_of(chr(n)) is Encoding.GSM7}
    assert ours == {chr(n) for n in range(0x3000) if is_gsm7(chr(n))}
    assert len(ours) == 127 + 10


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", [0]),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 307, [153, 153, 1]),
        ("€" * 80, [80]),
        ("€" * 81, [76, 5]),
        ("a" * 158 + "€", [159]),
        ("a" * 159 + "€", [153, 7]),
        ("a" * 152 + "€" + "a" * 10, [152, 11]),
        ("č" * 70, [70]),
        ("č" * 71, [67, 4]),
        ("č" + "a" * 70, [67, 4]),
        ("č" * 66 + "😀" * 3, [66, 3]),
        ("😀" * 35, [35]),
        ("😀" * 36, [33, 3]),
    ],
)
def test_message_of_several_parts_gives_up_some_of_each(text, lengths):
    assert [len(part) for part in parts(text)] == lengths


@given(st.one_of(ANY, GSM))
def test_parts_join_to_the_text_and_none_is_too_long(text):
    found, encoding = parts(text), encoding_of(text)
    alone, joined = (160, 153) if encoding is Encoding.GSM7 else (70, 67)
    assert "".join(found) == text
    assert all(weight(part, encoding) <= (alone if len(found) == 1 else joined) for part in found)
    assert all(found) or found == [""]
    if len(found) > 1:  # and none could have taken the next character, too
        assert weight(text, encoding) > alone
        assert all(weight(one + two[0], encoding) > joined for one, two in itertools.pairwise(found))


@given(ANY)
def test_encoding_is_the_small_one_exactly_where_it_can_be(text):
    assert (encoding_of(text) is Encoding.GSM7) == is_gsm7(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“High” – it’s ‘now’…\u00a0«x»", '"High" - it\'s \'now\'... "x"'),
        ("Vysoká – „zle“", "Vysoká – „zle“"),
        ("á…", "á…"),
        ("à…", "à..."),
    ],
)
def test_typographic_signs_give_way_only_where_they_alone_are_in_the_way(text, expected):
    assert plain(text) == expected


def test_text_that_fits_stays_as_it_is():
    assert fitted(f"0f8c2d11 Vysoká EMEA {LINK} Převzít: 1", 6) == f"0f8c2d11 Vysoká EMEA {LINK} Převzít: 1"


def test_reply_goes_first_then_the_region_then_the_severity():
    region = "a region with a very long name, " * 4
    text = f"0f8c2d11 High {region.strip()} {LINK} To take it reply 1 (if you have several: 1 0f8c2d11)"
    assert len(parts(text)) == 2
    assert fitted(text, 2) == text
    short = fitted(text, 1)
    assert short.startswith("0f8c2d11 High a region with") and short.endswith(f" {LINK}")
    assert len(parts(short)) == 1
    assert "reply" not in short
    assert fitted(f"0f8c2d11 High {'y' * 40} {'z' * 40} {LINK} Reply 1", 1) == f"0f8c2d11 High {'y' * 40} {LINK}"


def test_hint_how_to_reply_goes_whole():
    text = f"0f8c2d11 High {'y' * 40} {LINK} reply 1 now or later"
    assert len(parts(text)) == 2 and len(parts(text.removesuffix(" or later"))) == 1
    assert fitted(text, 1) == f"0f8c2d11 High {'y' * 40} {LINK}"


def test_reference_said_again_is_a_word_like_others():
    assert fitted(f"0f8c2d11 {'y' * 55} (0f8c2d11) {LINK}", 1) == f"0f8c2d11 {'y' * 55} {LINK}"


def test_word_that_forces_the_large_encoding_goes_where_that_makes_it_fit():
    assert fitted(f"0f8c2d11 High 亚太 {LINK} 1", 1) == f"0f8c2d11 High {LINK}"


def test_reference_and_link_stay_even_where_they_do_not_fit():
    assert fitted(f"NOBODY ANSWERED 0f8c2d11 Vysoká {LINK * 9}", 1) == f"0f8c2d11 {LINK * 9}"


def test_reference_at_the_end_stays_where_there_is_no_link():
    words = " ".join(["word"] * 60)
    short = fitted(f"OPERATOR routing: {words}, 0f8c2d11", 1)
    assert short.startswith("OPERATOR routing: word") and short.endswith(" 0f8c2d11")
    assert len(parts(short)) == 1


def test_every_case_of_a_digest_keeps_its_reference_and_link():
    cases = [f"{n}f8c2d11 High emea {LINK}{n}" for n in range(3)]
    short = fitted("3 cases: " + " ".join(cases) + " reply 1", 2)
    assert all(f"{n}f8c2d11" in short and f"{LINK}{n}" in short for n in range(3))
    assert "reply" not in short


@given(ANY, ANY, st.integers(1, 6))
def test_whatever_the_words_reference_and_link_leave_in_as_few_parts_as_allowed(before, after, most):
    short = fitted(f"0f8c2d11 {before} {LINK} {after}", most)
    assert "0f8c2d11" in short and LINK in short
    assert len(parts(short)) <= most


def test_links_are_known_again_whenever_they_were_signed():
    one, same = "https://o.example/a/Abc-_9.awg6.s1g-", "x http://p.example/b/a/Abc-_9.zzzz.0ther y"
    assert link_marks(one) == link_marks(same) == {"Abc-_9"}
    assert link_marks("/a/.eJw.awg6.sig /a/Abc-_8.awg6.s") == {".eJw", "Abc-_8"}
    assert link_marks("no link /a/x") == set()
