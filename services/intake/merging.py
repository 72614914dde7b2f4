"""An operator says that two complaints are one matter. Called by service.py."""

from collections.abc import Mapping

from services.intake import announcements, endings_store, store
from services.intake.domain import endings
from services.intake.domain.complaint import Complaint, State, Step, StepKind
from services.intake.redaction import excerpt
from shared.database import Transaction
from shared.errors import Conflict, NotFound


def merge(tx: Transaction, id_: str, into: str, by: str) -> str:
    """Ends the complaint in another one, which gets its contacts; gives the id of the one that goes on.

    Told twice it acts once. Raises NotFound, or Conflict where the two cannot become one.
    """
    found = store.lock_complaints(tx, {id_, into})
    found |= store.lock_holders(tx, found.values())
    ending, going_on = _known(found, id_), endings.holder(_known(found, into), found.get)
    if endings.holder(ending, found.get).id == going_on.id and ending is not going_on:
        return going_on.id
    _check(ending, going_on)
    if going_on.state is State.RESOLVED and ending.state is not State.RESOLVED:
        # Its customer is still waiting: what is open is not closed by being the same as something closed.
        reopening = Step(StepKind.REOPENED, going_on.source, going_on.external_id, tx.now, by)
        going_on = going_on.with_step(reopening)
        tx.announce(announcements.step(going_on, reopening, tx.now))
    endings_store.move_contacts(tx, ending.id, going_on.id)
    shown = excerpt(endings_store.newest_text(tx, going_on.id), going_on.customer.filled(ending.customer))
    merged, ended = endings.with_merged(going_on, ending, shown), endings.ended_in(ending, going_on.id)
    store.save_complaints(tx, [merged, ended])
    tx.announce(announcements.merged(ended, tx.now, by))
    tx.announce(announcements.facts(merged, is_new=False))
    return merged.id


def _known(found: Mapping[str, Complaint], id_: str) -> Complaint:
    complaint = found.get(id_)
    if complaint is None or complaint.state is State.EXPECTED:
        raise NotFound(f"no complaint {id_}")
    return complaint


def _check(ending: Complaint, going_on: Complaint) -> None:
    if State.FORGOTTEN in (ending.state, going_on.state):
        raise Conflict("the customer of one of the two was forgotten")
    if ending.id == going_on.id:
        raise Conflict("a complaint cannot end in itself")
    if ending.merged_into:
        raise Conflict(f"complaint {ending.id} has ended in {ending.merged_into}")
