"""What an excerpt must not tell, however it is written; and that no text makes it slow."""

import string
import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import iban, luhn

from services.intake.domain.complaint import Person
from services.intake.redaction import EXCERPT_LENGTH, excerpt

REGIONS = [
    "CZ", "GB", "US", "FR", "IT", "ES", "PL", "GR", "CN", "JP", "TR", "RU", "UA", "BR", "PT", "NL", "SA", "IN", "MX",
    "DE", "AU", "AT", "LU", "SE",
]  # fmt: skip
FORMS = (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)
KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
# By country, what stands behind the check digits: letters count as letters.
ACCOUNTS = {
    "DE": "d" * 18, "CZ": "d" * 20, "GB": "aaaa" + "d" * 14, "FR": "d" * 10 + "x" * 11 + "dd", "NL": "aaaa" + "d" * 10,
    "MT": "aaaa" + "d" * 5 + "x" * 18, "NO": "d" * 11, "PL": "d" * 24, "GR": "d" * 7 + "x" * 16, "SA": "dd" + "x" * 18,
}  # fmt: skip
DIGITS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९")
SEPARATORS = ("", " ", ".", "-", " - ", "\N{NO-BREAK SPACE}", "\N{EN DASH}", "\N{ZERO WIDTH SPACE}")


@st.composite
def cards(draw: st.DrawFn) -> str:
    length = draw(st.integers(13, 19))
    start = draw(st.sampled_from("23456")) + draw(st.text("0123456789", min_size=length - 2, max_size=length - 2))
    return start + luhn.calc_check_digit(start)


@st.composite
def accounts(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(sorted(ACCOUNTS)))
    letters = {"d": string.digits, "a": string.ascii_uppercase, "x": string.digits + string.ascii_uppercase}
    behind = "".join(draw(st.sampled_from(letters[kind])) for kind in ACCOUNTS[country])
    return f"{country}{iban.calc_check_digits(f'{country}00{behind}')}{behind}"


@st.composite
def phones(draw: st.DrawFn) -> tuple[str, str]:
    """A number as people there write it, and the region."""
    region, kind, form = draw(st.sampled_from(REGIONS)), draw(st.sampled_from(KINDS)), draw(st.sampled_from(FORMS))
    number = phonenumbers.example_number_for_type(region, kind)
    assert number
    ending = draw(st.integers(0, 999))
    number.national_number = (number.national_number or 0) // 1000 * 1000 + ending
    if not phonenumbers.is_valid_number(number):
        number.national_number -= ending
    return phonenumbers.format_number(number, form), region


@st.composite
def grouped(draw: st.DrawFn, numbers: st.SearchStrategy[str]) -> str:
    """The number in groups, with separators and digits of any script."""
    number, size, between = draw(numbers), draw(st.integers(2, 6)), draw(st.sampled_from(SEPARATORS))
    groups = [number[n : n + size] for n in range(0, len(number), size)]
    return between.join(groups).translate(str.maketrans("0123456789", draw(st.sampled_from(DIGITS))))


@given(st.emails())
def test_no_email_survives(email: str) -> None:
    assert excerpt(f"Please write to {email} today.").startswith("Please write to [address]")


@given(grouped(cards()))
def test_no_card_survives(card: str) -> None:
    assert excerpt(f"My card is {card} and yours?") == "My card is [number] and yours?"


@given(grouped(accounts()), st.booleans())
def test_no_account_survives(account: str, is_small: bool) -> None:
    account = account.lower() if is_small else account
    assert excerpt(f"Send it to {account}, please.") == "Send it to [number], please."


@given(phones())
def test_no_phone_survives(phone: tuple[str, str]) -> None:
    number, region = phone
    shown = excerpt(f"Call me: {number} after noon.", Person(region=region))
    assert not any(letter.isdigit() for letter in shown), (shown, number)


@pytest.mark.parametrize(
    "text",
    [
        "write to jana (at) example.org", "write to jana @ example.org", "write to jana＠example．org",
        "write to my.name+shop@sub.example.co.uk", "go to https://example.org/u/jana?x=1", "go to www.example.org",
        "go to example.org/u/jana", "go to ftp://example.org/jana",
    ],
)  # fmt: skip
def test_addresses_are_masked(text: str) -> None:
    assert excerpt(text) == f"{text.partition(' to ')[0]} to [address]"


@pytest.mark.parametrize("text", ["4111,1111,1111,1111", "4111 / 1111 / 1111 / 1111", "4111*1111*1111*1111"])
def test_a_card_is_known_by_its_check_digit_whatever_stands_between(text: str) -> None:
    assert excerpt(f"Card {text}.") == "Card [number]."


@pytest.mark.parametrize(
    ("text", "region"), [("27 12 34", "lu"), ("201 234", "FO"), ("09 12 34", "FI"), ("271234", "LU")]
)
def test_a_short_number_is_masked_where_it_is_a_telephone(text: str, region: str) -> None:
    assert excerpt(f"Ring {text} now", Person(region=region)) == "Ring [number] now"
    assert excerpt(f"Ring {text} now", Person(region="CZ")) == f"Ring {text} now"


@pytest.mark.parametrize(
    "text",
    ["Order A-12345 came late.", "I paid 199.90 EUR, then 20, then 30.", "Am 24. um 18:30 Uhr", "e.g. and/or 24/7"],
)
def test_what_cannot_be_mistaken_stays(text: str) -> None:
    assert excerpt(text, Person(region="CZ")) == text


@pytest.mark.parametrize(
    ("customer", "text", "shown"),
    [
        (Person(name="Tereza Malinová"), "I am Tereza Malinová.", "I am [customer]."),
        (Person(name="Tereza Malinová"), "TEREZA here", "[customer] here"),
        (Person(name="Tereza Malinová"), "paní malinove", "paní [customer]"),
        (Person(name="Tereza Malinová"), "s Malinovou", "s [customer]"),
        (Person(name="Ludwig van Beethoven"), "the van of Beethoven's", "the van of [customer]'s"),
        (Person(name="王伟"), "我叫王伟。", "我叫[customer]。"),
        (Person(name="Jan Mar"), "January in March", "January in March"),
        (Person(ref="C-10042"), "customer c10042, C 10042", "customer [customer], [customer]"),
        (Person(ref="C-10042"), "C-100421", "C-100421"),
        (Person(phone="12 345"), "ring 12345 or 123 45", "ring [number] or [number]"),
    ],
)
def test_the_customer_is_not_named(customer: Person, text: str, shown: str) -> None:
    assert excerpt(text, customer) == shown


def test_what_is_cut_by_the_end_of_the_window_is_not_half_shown() -> None:
    for blanks in range(0, 700, 7):
        shown = excerpt(
            "see " + "https://example.org/" + "a" * blanks + " jana.novakova@example.org call +420601000001 " * 30
        )
        assert "jana" not in shown and "601" not in shown


def test_what_is_cut_by_the_last_window_is_not_half_shown() -> None:
    for length in range(2330, 2400):
        shown = excerpt(f"https://example.org/{'a' * (length - 20)} jana.novakova@example.org {'more ' * 1000}")
        assert "jana" not in shown


@given(st.text(max_size=600), st.text(max_size=20))
def test_any_text_has_an_excerpt(text: str, name: str) -> None:
    assert len(excerpt(text, Person(name=name, ref=name, phone=name, region=name))) <= EXCERPT_LENGTH


@pytest.mark.parametrize(
    "piece",
    ["x", "1 ", "1,", "a@", "@", "a. ", "de 12 ", "aaaa.bb", ". -", "12.34,", "(", "+1", "a b@", "http://", "é", "٠ ",
     "\u200b1", "12345 / "],
)  # fmt: skip
def test_no_text_is_slow(piece: str) -> None:
    text, customer = piece * (100_000 // len(piece)), Person("C-1", "Ada Lovelace", phone="12345", region="DE")
    excerpt(text, customer)
    started = time.process_time()
    excerpt(text, customer)
    assert time.process_time() - started < 0.05
