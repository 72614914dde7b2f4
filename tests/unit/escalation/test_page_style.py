"""The page can be read on a phone, and by eyes that see contrasts badly, by day and by night."""

from pathlib import Path

import pytest

from services.escalation.pages import page
from tests.harness import contrast

STYLE = (Path(page.__file__).parent / "style.css").read_text()
CONTROLS = ("button.second", "input", "select", "textarea", "[aria-invalid]")


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_controls_stand_out(dark: bool) -> None:
    found = contrast.rules(STYLE, dark=dark)
    assert (found["body"]["background"] == "#ffffff") is not dark
    assert {name: seen for name, seen in contrast.texts(found, "body") if seen < contrast.READABLE} == {}
    assert {name: seen for name, seen in contrast.borders(found, "body", CONTROLS) if seen < contrast.VISIBLE} == {}


def test_a_reference_of_one_long_word_does_not_make_the_page_wider_than_a_phone() -> None:
    assert contrast.rules(STYLE, dark=False)["main"]["overflow-wrap"] == "anywhere"


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast.contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast.contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)
