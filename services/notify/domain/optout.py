"""The words by which somebody asks for no more text messages, or for them again; pure, called by incoming/optouts.py.

Those that carriers and Twilio know: https://help.twilio.com/articles/223134027.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

_LETTERS = re.compile(r"[^\W_]+")


class Word(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"


_WORDS: Mapping[str, Word] = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"), Word.STOP),
    **dict.fromkeys(("start", "unstop", "yes"), Word.START),
    "help": Word.HELP,
}


def word_in(text: str) -> Word | None:
    """The word, where it is all that the text says; in any case, width and punctuation."""
    return _WORDS.get("".join(_LETTERS.findall(unicodedata.normalize("NFKC", text).casefold())))
