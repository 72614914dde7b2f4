"""What is answered to a text message, by what was made of it. Called by usecases.py, for doors that can answer."""

from collections.abc import Mapping

from services.notify.answering import ReplyAnswer
from services.notify.domain.reply import Made


def N_(text: str) -> str:  # what gettext's tools look for
    return text


SENTENCES: Mapping[Made, str] = {
    Made.ACKNOWLEDGED: N_("You took the case {reference}."),
    Made.NOTHING: N_("There is no case to take: it was answered already, or has another reference."),
    Made.NOT_UNDERSTOOD: N_("Not understood. Answer 1 to take the newest case, or 1 and a reference for another one."),
    Made.STOPPED: N_("You get no more text messages of Ombud. Answer START to get them again."),
    Made.STARTED: N_("You get text messages of Ombud again. Answer STOP to get no more."),
    Made.HELPED: N_(
        "Ombud alerts you of complaints. Answer 1 to take the newest case, 1 and a reference to take another one, "
        "STOP to get no more text messages."
    ),
}
OTHERS = N_("Nobody has taken {others} more.")


def sentence(answer: ReplyAnswer) -> str:
    said = SENTENCES[answer.what].format(reference=answer.reference or "")
    return f"{said} {OTHERS.format(others=answer.others)}" if answer.others else said
