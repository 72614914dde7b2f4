"""What a chat shows to whoever pressed a button, by what was made of it. Called by doors/slack.py."""

from collections.abc import Mapping

from services.notify.domain.click import Clicked, Pressed
from services.notify.texts.languages import Language


def N_(text: str) -> str:  # what gettext's tools look for
    return text


SENTENCES: Mapping[Pressed, str] = {
    Pressed.TAKEN: N_("%(name)s took %(reference)s."),
    Pressed.CONFIRMED: N_(
        "Your answer to %(reference)s counts. Each person alerted has to answer; whoever is last takes the case."
    ),
    Pressed.TAKEN_BEFORE: N_("%(reference)s was already taken by %(name)s."),
    Pressed.OVER: N_("%(reference)s is not waiting for anybody any more."),
    Pressed.EXPIRED: N_("This button is too old. The case may still be open: look at the newest alert about it."),
    Pressed.INVALID: N_("This button is none of ours."),
    Pressed.STRANGER: N_(
        "You are not among the contacts with a Slack address, so you cannot take it here. "
        "The link of the alert still works."
    ),
}


def sentence(made: Clicked, language: Language) -> str:
    return language.say(SENTENCES[made.what], name=made.name, reference=made.reference)
