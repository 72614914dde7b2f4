"""The kinds of values in the policy file, as fields of marshmallow that read text; for every policy."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from shared.codes import language_code, region_code
from shared.contracts.event import Severity
from shared.hours.calendar import Shift
from shared.hours.schedule import ShiftSchema, shown
from shared.policy.words import ANY, NONE

MOST_WORDS = 200
LONGEST = timedelta(days=90)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Reader = Callable[[str], str]


class Form(Schema):
    """Base of the forms of a policy: says what is known where something else was written."""

    error_messages = {"type": "must be a mapping"}

    def __init__(self, **options: Any):
        super().__init__(**options)
        known = ", ".join(f.data_key or name for name, f in self.load_fields.items())
        self.error_messages["unknown"] = f"is not known here; known: {known}"


def matching(pattern: str, example: str, code: Callable[[str], str | None] = str) -> Reader:
    """Reads one word of that form, such as the example, into its one spelling."""

    def read(text: str) -> str:
        word = code(text) if re.fullmatch(pattern, text) else None
        if word is None:
            raise ValidationError(f"{shown(text)} cannot be used; write {example}")
        return word

    return read


def or_any(read: Reader) -> Reader:
    return lambda text: ANY if text == ANY else read(text)


def or_source(read: Reader, *sources: str) -> Reader:
    """One of these words, or something of its own."""
    return lambda text: text.lower() if text.lower() in sources else read(text)


def upstream(text: str) -> str:
    """A word as upstream has it."""
    if not (text.isprintable() and 1 <= len(text.strip()) <= 200):
        raise ValidationError(f"{shown(text)} cannot be used; write a word or two on one line")
    return text.strip()


SKILL = matching(r"[a-z0-9][a-z0-9_]{0,39}", "a word in small letters, such as billing")
LANGUAGE = matching(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", "a language such as cs", language_code)
REGION = matching(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", "a region such as CZ", region_code)
TEAM = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", "a team such as recall")
FLAG = matching(r"[a-z0-9][a-z0-9_]{0,39}", "a flag in small letters, such as safety")


def severity_of(text: str) -> Severity:
    if text not in list(Severity):
        raise ValidationError(f"{shown(text)} is none of {', '.join(Severity)}")
    return Severity(text)


class Word(fields.Field[str]):
    """One word, as `read` spells it."""

    def __init__(self, read: Reader, **options: Any):
        super().__init__(**options)
        self._read = read

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("must be one word")
        return self._read(value)


class Words(Word):
    """One word or a list, none of them twice; `any_alone`: nothing may stand beside ANY."""

    def __init__(self, read: Reader, *, any_alone: bool = True, **options: Any):
        super().__init__(read, **options)
        self._any_alone = any_alone

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        written = value if isinstance(value, list) else [value]
        if not 1 <= len(written) <= MOST_WORDS:
            raise ValidationError("an empty list" if not written else f"more than {MOST_WORDS} words")
        found: list[str] = []
        faults: dict[int, Any] = {}
        for number, one in enumerate(written):
            try:
                word = super()._deserialize(one, attr, data)
                if word in found:
                    raise ValidationError(f"{shown(one)} stands here twice")
                found.append(word)
            except ValidationError as error:
                faults[number] = error.messages
        if faults:
            raise ValidationError(faults if isinstance(value, list) else faults[0])
        if self._any_alone and ANY in found and len(found) > 1:
            raise ValidationError(f"{ANY!r} stands for all of them, so nothing else may stand beside it")
        return frozenset(found)


class Whole(fields.Field[int]):
    """A whole number within limits."""

    def __init__(self, least: int, most: int, **options: Any):
        super().__init__(**options)
        self._least, self._most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value) and self._least <= int(value) <= self._most:
            return int(value)
        raise ValidationError(f"{shown(value)} is no whole number from {self._least} to {self._most}")


class Share(fields.Field[float]):
    """How much something counts: 0 or more."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", value):
            return float(value)
        raise ValidationError(f"{shown(value)} is no number from 0 to 9999, such as 2 or 0.5")


class Period(fields.Field[timedelta]):
    """A length of time such as 90s, 10m, 4h or 2d; with `or_none` also `none`, which gives None."""

    def __init__(self, most: timedelta = LONGEST, *, or_none: bool = False, **options: Any):
        super().__init__(**options)
        self._most, self._or_none = most, or_none

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if self._or_none and value == NONE:
            return None
        match = re.fullmatch(r"([1-9][0-9]{0,7})([smhd])", value) if isinstance(value, str) else None
        period = timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else None
        if period is None or period > self._most:
            raise ValidationError(f"{shown(value)} is no time up to {self._most.days}d; write 90s, 10m, 4h or 2d")
        return period


class Flag(fields.Field[bool]):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if value in ("true", "false"):
            return bool(value == "true")
        raise ValidationError(f"{shown(value)} is neither true nor false")


class BySeverity(fields.Field[dict[Severity, Any]]):
    """One value for all severities, or one for each of some; gives a dict with those that are said."""

    def __init__(self, each: fields.Field[Any], **options: Any):
        super().__init__(**options)
        self._each = each

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            return dict.fromkeys(Severity, self._each.deserialize(value))
        found, faults = {}, {}
        for name, one in value.items():
            try:
                found[severity_of(name)] = self._each.deserialize(one)
            except ValidationError as error:
                faults[name] = error.messages
        if faults or not found:
            raise ValidationError(faults or "says nothing")
        return found


class Shifts(fields.List[Shift]):
    """One or more shifts."""

    def __init__(self, **options: Any):
        super().__init__(fields.Nested(ShiftSchema), validate=validate.Length(1, error="an empty list"), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            return [self.inner.deserialize(value)]
        return super()._deserialize(value, attr, data, **kwargs)
