"""Field tables of what the vendors' published descriptions say of their answers, and holding an answer against them.

A table is a file of `shapes/`; `shapes/README.md` says how one is written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

FOLDER: Final = Path(__file__).parent / "shapes"
NEVER: Final = "never"
NOTHING: Final = "nothing"
ANY: Final = "any"
FURTHER: Final = "..."
PLAIN: Final[dict[str, type | tuple[type, ...]]] = {
    "text": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
}
_KIND: Final = re.compile(
    r"(?P<around>((list|map) of )*)(?P<name>\w+)( \((?P<values>[^)]+)\))?(?P<null> or null)?(?P<optional>, optional)?"
)


@dataclass(frozen=True)
class Kind:
    """What a field holds: a plain kind, a format, a shape, or lists and maps (``around``) of one."""

    name: str
    around: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    is_nullable: bool = False
    is_optional: bool = False


def read_kind(text: str) -> Kind:
    """Read ``list of Error, optional``; ValueError for anything else."""
    found = _KIND.fullmatch(text)
    if found is None:
        raise ValueError(f"Not a kind of value: {text!r}")
    values = tuple(value.strip() for value in (found["values"] or "").split(",") if value.strip())
    around = tuple(found["around"].replace(" of ", " ").split())
    return Kind(found["name"], around, values, bool(found["null"]), bool(found["optional"]))


class Deviation(NamedTuple):
    """Where an answer is not as described: the field of a shape, and what is wrong with it."""

    spot: str
    problem: str


Shape = dict[str, Kind]


@dataclass(frozen=True)
class Tables:
    """The tables of one vendor: shapes and formats by name, what answers which call by family, and ``ours``: fields
    in which the sandbox departs from the description, with the reason."""

    shapes: Mapping[str, Shape]
    formats: Mapping[str, str]
    families: Mapping[str, Mapping[str, str]]
    ours: Mapping[str, Mapping[str, str]]

    def with_ours(self) -> "Tables":
        """As the sandbox means to answer."""
        shapes = {name: dict(shape) for name, shape in self.shapes.items()}
        for spot, entry in self.ours.items():
            shape, _, field = spot.partition(".")
            shapes[shape].pop(field, None)
            if entry["is"] != NEVER:
                shapes[shape][field] = read_kind(entry["is"])
        return replace(self, shapes=shapes)

    def with_kind(self, spot: str, kind: Kind) -> "Tables":
        """As if the description said something else of one field."""
        shape, _, field = spot.partition(".")
        return replace(self, shapes={**self.shapes, shape: {**self.shapes[shape], field: kind}})

    def deviations(self, described: str, answer: Any) -> Iterator[Deviation]:
        """What is wrong with an answer. ``described`` is its kind, or ``X in Y``: the records X of an envelope Y."""
        record, _, envelope = described.partition(" in ")
        if not envelope:
            return self._of_kind(read_kind(record), answer, "answer")
        inside = {} if record == NOTHING else {"result": read_kind(f"list of {record}")}
        return self._of_shape(envelope, {**self.shapes[envelope], **inside}, answer)

    def _of_kind(self, kind: Kind, value: Any, spot: str) -> Iterator[Deviation]:
        if kind.name == ANY and not kind.around:
            return
        if value is None:
            if not kind.is_nullable:
                yield Deviation(spot, "is null")
        elif kind.around:
            yield from self._of_many(kind, value, spot)
        elif kind.name in self.shapes:
            yield from self._of_shape(kind.name, self.shapes[kind.name], value, spot)
        elif not self._is_plain(kind, value):
            yield Deviation(spot, f"is {value!r}, not {kind.name} {kind.values or ''}")

    def _of_many(self, kind: Kind, value: Any, spot: str) -> Iterator[Deviation]:
        wanted = list if kind.around[0] == "list" else dict
        if not isinstance(value, wanted):
            yield Deviation(spot, f"is {value!r}, not a {kind.around[0]}")
            return
        inside = replace(kind, around=kind.around[1:], is_nullable=False)
        for item in value.values() if isinstance(value, dict) else value:
            yield from self._of_kind(inside, item, spot)

    def _of_shape(self, name: str, shape: Shape, value: Any, spot: str = "answer") -> Iterator[Deviation]:
        if not isinstance(value, dict):
            yield Deviation(spot, f"is {value!r}, not {name}")
            return
        for field, kind in shape.items():
            if field in value:
                yield from self._of_kind(kind, value[field], f"{name}.{field}")
            elif not kind.is_optional and field != FURTHER:
                yield Deviation(f"{name}.{field}", "is missing")
        if FURTHER not in shape:
            yield from (Deviation(f"{name}.{field}", "is not described") for field in value if field not in shape)

    def _is_plain(self, kind: Kind, value: Any) -> bool:
        if kind.name in self.formats:
            return isinstance(value, str) and re.fullmatch(self.formats[kind.name], value) is not None
        if isinstance(value, bool) and kind.name != "boolean":  # which is an int to Python
            return False
        return isinstance(value, PLAIN.get(kind.name, ())) and (not kind.values or value in kind.values)


def read_tables(vendor: str) -> Tables:
    """All tables of a vendor. ValueError for a shape or an entry that two files hold."""
    files = {path.stem: yaml.safe_load(path.read_text()) for path in sorted((FOLDER / vendor).glob("*.yaml"))}
    shapes = {
        name: {field: read_kind(kind) for field, kind in fields.items()}
        for name, fields in _joined(files.values(), "shapes").items()
    }
    families = {name: content["answers"] for name, content in files.items() if "answers" in content}
    return Tables(shapes, _joined(files.values(), "formats"), families, _joined(files.values(), "ours"))


def _joined(files: Iterable[dict[str, Any]], part: str) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for content in files:
        if twice := joined.keys() & content.get(part, {}).keys():
            raise ValueError(f"Two tables hold {sorted(twice)}")
        joined |= content.get(part, {})
    return joined
