"""What is answered to a text message, by what was made of it. Called by usecases.py, for doors that can answer."""

from collections.abc import Mapping

from services.notify.domain.reply import Made, ReplyAnswer
from services.notify.texts.languages import Language


def N_(text: str) -> str:  # what gettext's tools look for
    return text


SENTENCES: Mapping[Made, str] = {
    Made.ACKNOWLEDGED: N_("You took the case %(reference)s."),
    Made.CONFIRMED: N_(
        "Your answer to %(reference)s counts. Each person alerted has to answer; whoever is last takes the case."
    ),
    Made.TAKEN_BEFORE: N_("%(reference)s was already taken by %(name)s."),
    Made.NOTHING: N_("There is no case to take: it was answered already, or has another reference."),
    Made.NOT_UNDERSTOOD: N_("Not understood. Answer 1 to take the newest case, or 1 and a reference for another one."),
    Made.STOPPED: N_("You get no more text messages of Ombud. Answer START to get them again."),
    Made.STARTED: N_("You get text messages of Ombud again. Answer STOP to get no more."),
    Made.HELPED: N_(
        "Ombud alerts you of complaints. Answer 1 to take the newest case, 1 and a reference to take another one, "
        "STOP to get no more text messages."
    ),
}
OTHERS = N_("More cases that nobody has taken: %(others)s.")


def sentence(answer: ReplyAnswer, language: Language) -> str:
    said = language.say(SENTENCES[answer.what], reference=answer.reference or "", name=answer.taken_by or "")
    if not answer.other_references:
        return said
    # With references, as these have to be written to take one of them.
    others = f"{language.number(answer.others)} ({', '.join(answer.other_references)})"
    return f"{said} {language.say(OTHERS, others=others)}"
