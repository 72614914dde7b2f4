"""Decides whether the customer wants a supervisor, or a human, to take the case; called by the classifier.

What counts is a present or still unmet wish. A wish and the one it names stand near each other in one clause. Vetoes:
the customer's own role or boss, a negated wish, praise or blame, reported advice, contact that has taken place.
"""

from dataclasses import dataclass

from services.intake.classify.matcher import Hit
from services.intake.classify.model import Evidence
from services.intake.classify.packfile import NOT_ROLE, VETOES_ON_TARGET
from services.intake.classify.reading import Reading, lies_in, overlaps

_KIND_OF_CLASS = {
    "role": "supervisor",
    "authority": "supervisor",
    "direct": "supervisor",
    "executive": "executive",
    "direct_executive": "executive",
    "human": "human",
    "someone": "human",
    "direct_human": "human",
}
_DIRECT = ("direct", "direct_executive", "direct_human")
_TARGETS = ("role", "executive", "authority", "human", "someone")
# Best first: a wish for a supervisor decides over one for any human.
_KINDS = ("supervisor", "executive", "human")
# A text or sentence of so few words that names only a role is a wish in itself: "Manager, please", "The manager!".
_BARE_TEXT = 4
# "Who may decide? Put me through", "Your manager promised it; let her call me": such a request names nobody itself, so
# one who was named this near will do.
_NAMELESS = {"authority": ("onward", "recall"), "role": ("recall",), "executive": ("recall",)}
_SENTENCES_TO_NAMELESS = 1
# A past request counts if this many sentences on, or sooner, it says that nothing came of it.
_SENTENCES_TO_OUTCOME = 1


@dataclass(frozen=True)
class Ask:
    """Whether and for whom the customer asks, with what spoke for it and what was overruled."""

    kind: str
    evidence: tuple[Evidence, ...]
    sentences: frozenset[int]


def find_ask(reading: Reading, ask_distance: int) -> Ask:
    """The ask of one text as one pack reads it."""
    found: list[tuple[str, Hit, Hit | None]] = []
    evidence: list[Evidence] = []
    for target in _candidates(reading):
        request = _request_for(reading, target, ask_distance)
        if request is None:
            continue
        veto = _veto(reading, target, request)
        if veto is None:
            found.append((_KIND_OF_CLASS[target.rule.name], target, request))
        else:
            evidence.append(reading.evidence(veto, f"veto:{veto.rule.name}", 0.0))
    kind = next((kind for kind in _KINDS if any(kind == one for one, _, _ in found)), "none")
    for _, target, request in found:
        evidence.append(reading.evidence(target, "asks_supervisor"))
        if request is not None and request is not target:
            evidence.append(reading.evidence(request, "asks_supervisor"))
    return Ask(kind, tuple(dict.fromkeys(evidence)), frozenset(reading.sentence(hit) for _, hit, _ in found))


def _candidates(reading: Reading) -> list[Hit]:
    hits = [hit for name in (*_DIRECT, *_TARGETS) for hit in reading.classes.get(name, ())]
    vetoing = reading.classes.get(NOT_ROLE, ())
    return [hit for hit in _without_lesser_titles(reading, hits) if not any(overlaps(hit, veto) for veto in vetoing)]


def _without_lesser_titles(reading: Reading, hits: list[Hit]) -> list[Hit]:
    """A "managing director" is no "director": the executive's longer title holds, also inside a direct request."""
    roles, executives = reading.classes.get("role", ()), reading.classes.get("executive", ())
    lesser = {role for role in roles if any(lies_in(role, executive) for executive in executives)}
    if not lesser:
        return hits
    named = [role for role in roles if role not in lesser]
    lesser |= {
        hit
        for hit in reading.classes.get("direct", ())
        if any(lies_in(role, hit) for role in lesser) and not any(lies_in(role, hit) for role in named)
    }
    return [hit for hit in hits if hit not in lesser]


def _request_for(reading: Reading, target: Hit, ask_distance: int) -> Hit | None:
    name = target.rule.name
    if name in _DIRECT:
        return target
    if name != "someone" and _is_bare(reading, target):
        return target
    near = [hit for hit in _requests(reading, name) if _is_near(reading, hit, target, ask_distance)]
    if near:
        return min(near, key=lambda hit: (_distance(hit, target), hit.first))
    return _nameless_request(reading, target) or _unmet_past_request(reading, target, ask_distance)


def _is_bare(reading: Reading, target: Hit) -> bool:
    """Whether the text, or a sentence with an exclamation mark, is hardly more than whom it calls for."""
    tokens = reading.tokens
    if len(tokens) <= _BARE_TEXT and not reading.sections:
        return True
    following = range(target.last + 1, min(target.last + _BARE_TEXT, len(tokens)))
    last = max((i for i in following if tokens.sentence[i] == tokens.sentence[target.last]), default=target.last)
    in_sentence = [i for i in range(max(0, last - _BARE_TEXT), last + 1) if tokens.sentence[i] == tokens.sentence[last]]
    return len(in_sentence) <= _BARE_TEXT and tokens.text[tokens.spans[last][1] :].lstrip().startswith("!")


def _requests(reading: Reading, target_class: str) -> list[Hit]:
    contacts = reading.classes.get("contact", [])
    if target_class == "someone":
        return contacts
    return contacts + reading.classes.get("wish", [])


def _is_near(reading: Reading, request: Hit, target: Hit, ask_distance: int) -> bool:
    if overlaps(request, target) or _distance(request, target) > ask_distance:
        return False
    if target.rule.name == "authority":
        # "Someone, who can decide": in many languages a comma stands before the relative clause.
        return reading.sentence(request) == reading.sentence(target)
    return reading.clause(request) == reading.clause(target)


def _distance(one: Hit, other: Hit) -> int:
    return max(one.first - other.last, other.first - one.last) - 1


def _nameless_request(reading: Reading, target: Hit) -> Hit | None:
    """A request for one who is named in the same sentence or beside it."""
    sentence = reading.sentence(target)
    for hit in (hit for name in _NAMELESS.get(target.rule.name, ()) for hit in reading.classes.get(name, ())):
        if abs(reading.sentence(hit) - sentence) <= _SENTENCES_TO_NAMELESS and not overlaps(hit, target):
            return hit
    return None


def _unmet_past_request(reading: Reading, target: Hit, ask_distance: int) -> Hit | None:
    """A request in the past tense counts when the text says that it was refused or came to nothing."""
    sentence = reading.sentence(target)
    for request in reading.classes.get("past_request", ()):
        if reading.sentence(request) != sentence or _distance(request, target) > ask_distance:
            continue
        for outcome in reading.classes.get("unmet", ()):
            if 0 <= reading.sentence(outcome) - sentence <= _SENTENCES_TO_OUTCOME:
                return request
    return None


def _veto(reading: Reading, target: Hit, request: Hit) -> Hit | None:
    for name in VETOES_ON_TARGET:
        for hit in reading.classes.get(name, ()):
            if overlaps(hit, target):
                return hit
    clause, sentence = reading.clause(target), reading.sentence(target)
    for hit in reading.classes.get("unwish", ()):
        # A pattern that holds the denial itself means it: "I don't want a bot".
        if reading.clause(hit) == clause and not lies_in(hit, target) and not _is_contrasted(reading, hit, target):
            return hit
    for hit in reading.classes.get("praise", ()):
        if reading.clause(hit) == clause and request.rule.name not in _DIRECT:
            return hit
    return None if _is_refused(reading, sentence) else _told_or_done(reading, target, request)


def _told_or_done(reading: Reading, target: Hit, request: Hit) -> Hit | None:
    """What others said to do, or contact that has taken place, unless the customer now wishes for it in plain words."""
    sentence = reading.sentence(target)
    for hit in reading.classes.get("reported", ()):
        if reading.sentence(hit) == sentence and hit.first < target.first and not _is_wished(reading, hit, request):
            return hit
    for hit in reading.classes.get("fulfilled", ()):
        distance = reading.sentence(hit) - sentence
        if 0 <= distance <= _SENTENCES_TO_OUTCOME and not (distance == 0 and _is_wished(reading, hit, request)):
            return hit
    return None


def _is_wished(reading: Reading, told: Hit, request: Hit) -> bool:
    """Whether a wish of the customer's own leads to the request: "he says he can't, please get me the manager"."""
    return any(
        told.last < hit.first <= request.first and reading.sentence(hit) == reading.sentence(request)
        for hit in reading.classes.get("firm", ())
    )


def _is_contrasted(reading: Reading, unwish: Hit, target: Hit) -> bool:
    """What stands on the other side of a "but" is not denied: "I want no voucher but your manager"."""
    low, high = sorted((unwish, target), key=lambda hit: hit.first)
    return any(low.last < hit.first and hit.last < high.first for hit in reading.classes.get("contrast", ()))


def _is_refused(reading: Reading, sentence: int) -> bool:
    return any(reading.sentence(hit) == sentence for hit in reading.classes.get("unmet", ()))
