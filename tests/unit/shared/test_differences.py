"""What a list would change: new, different by field, the same; who is not named is not looked at."""

from dataclasses import dataclass

from shared.differences import Changed, Difference, difference


@dataclass(frozen=True)
class Person:
    id: str
    name: str = "Ann"
    regions: tuple[str, ...] = ("CZ",)


def by_id(*people: Person) -> dict[str, Person]:
    return {person.id: person for person in people}


def test_new_changed_and_unchanged_are_told_apart_and_sorted() -> None:
    known = by_id(Person("c"), Person("b"), Person("a"), Person("left-alone"))
    wanted = by_id(Person("z"), Person("d"), Person("c", regions=("SK",), name="Cleo"), Person("b", "Bob"), Person("a"))
    assert difference(known, wanted) == Difference(
        stored=False,
        added=("d", "z"),
        changed=(Changed("b", ("name",)), Changed("c", ("name", "regions"))),
        unchanged=("a",),
    )


def test_a_field_that_no_caller_sets_is_no_difference() -> None:
    assert difference(by_id(Person("a", "Ann")), by_id(Person("a", "Bob")), but=("name",)).unchanged == ("a",)


def test_nobody_wanted_is_no_difference() -> None:
    assert difference(by_id(Person("a")), {}) == Difference(False, (), (), ())
