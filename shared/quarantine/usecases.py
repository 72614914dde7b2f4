"""What operators do with dead letters, in every service alike: load, decide, save. Called by doors.py."""

from shared.database import Transaction
from shared.errors import NotFound
from shared.quarantine import letters
from shared.quarantine.letters import Letter
from shared.quarantine.ways import Correction, Replayed, way_of


def letter(tx: Transaction, id_: str) -> Letter:
    return _found(letters.find(tx, id_), id_)


def replay(tx: Transaction, id_: str, correction: Correction) -> Replayed:
    """Lets it be worked off again; it is out of the quarantine, or stays there whole when it is refused."""
    taken = _found(letters.take(tx, id_), id_)
    return way_of(taken.queue)(tx, taken, correction.of(taken.message))


def discard(tx: Transaction, id_: str) -> Letter:
    return _found(letters.take(tx, id_), id_)


def _found(letter: Letter | None, id_: str) -> Letter:
    if letter is None:
        raise NotFound(f"no dead letter {id_}: it was replayed or discarded, or never was")
    return letter
