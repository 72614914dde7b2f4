"""The exit codes of `ombud bounce`, by which a mail server keeps a mail or gives it up."""

import pytest

from ombud.bounce import LATER, NOTHING, exit_code, said
from ombud.doors import Answer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((status, NOTHING) for status in (400, 404, 413, 422)),
        *((status, LATER) for status in (401, 403, 408, 429, 500, 502, 503, 504, 301)),
    ],
)
def test_mail_is_kept_unless_it_would_never_be_taken(status: int, code: int) -> None:
    assert exit_code(status) == code
    assert (LATER, NOTHING) == (75, 65)


def test_what_it_did_is_said_on_one_line() -> None:
    assert said(Answer(200, {"alerts": 3, "effects": {"failed": 2, "nothing": 1}})) == "alerts: 2 failed, 1 nothing"
    assert said(Answer(200, {"alerts": 0, "effects": {}})) == "nothing is settled by it yet"
