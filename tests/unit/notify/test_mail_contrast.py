"""Mails can be read by eyes that see contrasts badly, in programs that show them light and in those that do dark."""

import re
from pathlib import Path

import pytest

from services.notify import texts
from tests.harness import contrast

LAYOUT = (Path(texts.__file__).parents[1] / "templates" / "layout.html").read_text()
STYLE = re.findall(r"<style>(.*)</style>", LAYOUT, re.DOTALL)[0]


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_on_a_ground_that_the_mail_brings_along(dark: bool):
    found = contrast.rules(STYLE, dark=dark)
    assert (found["body"]["background"] == "#fff") is not dark
    assert {name: seen for name, seen in contrast.texts(found, "body") if seen < contrast.READABLE} == {}
    button, ground = found[".button"]["background"], found["body"]["background"]
    assert contrast.contrast(button, ground) > contrast.VISIBLE
