"""What the specification declares, in both families of ABIs: names, kinds, types, numbers, and the lines that do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wasi_nn_conformance.abi.registry import TAGS
from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.formats.schema import schema

from .source import Source, source_at

FAMILIES: Mapping[str, tuple[str, ...]] = {
    family: tuple(tag.name for tag in TAGS.values() if tag.family == family) for family in ("witx", "wit")
}
"""The ABIs that the declarations of one family are in: each of components has a tag of its own."""


@dataclass(frozen=True)
class Declaration:
    """A type, a function, or a part of one: `witx:set_input.tensor`, `wit:error-code.timeout`.

    `places` gives the lines for each ABI that has it, `types` the type where it has one, and `unchecked` why no
    clause speaks of it.
    """

    name: str
    kind: str
    places: Mapping[str, Source]
    types: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None
    unchecked: str | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the name within its family, from the outside in."""
        return tuple(self.name.partition(":")[2].split("."))


def read_declarations(path: Path) -> dict[str, Declaration]:
    """Read `declarations.yaml`, by name. Raises `InputError` with the line of what is wrong."""
    document = read_yaml(path)
    document.check(schema("declarations"))
    declarations: dict[str, Declaration] = {}
    for family, abis in FAMILIES.items():
        for name, entry in document.data[family].items():
            spans = _by_abi(entry["at"], abis)
            if unknown := sorted(spans.keys() - set(abis)):
                raise document.error((family, name), f"{name}: there is no tag {unknown[0].removeprefix('wit-')!r}")
            declarations[f"{family}:{name}"] = Declaration(
                f"{family}:{name}",
                entry["kind"],
                {abi: source_at(abi, spans[abi]) for abi in abis if abi in spans},
                _by_abi(entry["type"], tuple(spans)) if "type" in entry else {},
                entry.get("number"),
                entry.get("unchecked"),
            )
    return declarations


def _by_abi(written: Any, abis: tuple[str, ...]) -> dict[str, str]:
    """Return for each ABI its own of what is written once for all, or by the date of each tag."""
    if isinstance(written, dict):
        return {f"wit-{date}": str(value) for date, value in written.items()}
    return dict.fromkeys(abis, str(written))
