"""Every declaration of the specification with the clauses about it; what no clause covers comes first."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wasi_nn_conformance.abi.registry import TAGS

from .clause import Clause, Level
from .coverage import Coverage, anchor
from .declaration import FAMILIES, Declaration

_ENUMS = (
    ("nn_errno", "error-code"),
    ("tensor_type", "tensor-type"),
    ("graph_encoding", "graph-encoding"),
    ("execution_target", "execution-target"),
)
"""The enumerations that both families have, each under its own name."""


@dataclass(frozen=True)
class DeclarationCoverage:
    """A declaration and, for each ABI that has it, the clauses about it that vectors put to a host there."""

    declaration: Declaration
    clauses: Mapping[str, Sequence[Clause]]

    @property
    def uncovered(self) -> list[str]:
        """Return the ABIs on which no clause covers it."""
        return [abi for abi, clauses in self.clauses.items() if not clauses]

    @property
    def left_open(self) -> list[str]:
        """Return the ABIs on which all clauses about it leave the answer to the implementation."""
        return [
            abi
            for abi, clauses in self.clauses.items()
            if clauses and all(clause.level is Level.DEFINED for clause in clauses)
        ]

    @property
    def gap(self) -> str | None:
        """Return what is missing without a reason, or the reason that no longer is one."""
        if self.declaration.unchecked is None:
            return f"no clause covers it on {', '.join(self.uncovered)}" if self.uncovered else None
        return None if self.uncovered else "clauses cover it, though declarations.yaml says why none does"


def declaration_coverage(
    declarations: Mapping[str, Declaration], entries: Iterable[Coverage]
) -> list[DeclarationCoverage]:
    """Return the coverage of each declaration, in their order."""
    about: dict[str, list[Coverage]] = {name: [] for name in declarations}
    for entry in entries:
        for name in entry.clause.about:
            about[name].append(entry)
    return [
        DeclarationCoverage(
            declaration,
            {abi: [entry.clause for entry in about[name] if abi in entry.abis] for abi in declaration.places},
        )
        for name, declaration in declarations.items()
    ]


def page(found: Sequence[DeclarationCoverage]) -> str:
    """Write the page docs/specification.md."""
    lines = [
        "# The specification, declaration by declaration",
        "",
        "Written by `wasi-nn coverage --specification`; do not edit.",
        "",
        "A clause covers a declaration on an ABI if it names it (`about` in `vectors/clauses.yaml`) and one of its",
        "vectors runs there. The names are those of `vectors/declarations.yaml`; lines are those of the tagged files.",
        "",
        *_table(
            ["ABI", "declarations", "covered", "not covered"],
            [_counted(found, abi) for abis in FAMILIES.values() for abi in abis],
        ),
        "",
        "## What no clause covers",
        "",
        *_uncovered(found),
        "",
        "## What is left to the implementation",
        "",
        "Every clause about these is of level defined: a host may answer in several ways, and its choice is recorded.",
        "",
        *_table(
            ["declaration", "on", "clauses"],
            [
                [f"`{covered.declaration.name}`", ", ".join(covered.left_open), _clauses(covered)]
                for covered in found
                if covered.left_open
            ],
        ),
        "",
        "## Numbers",
        "",
        "The two families number differently: names are all that they share.",
        *(line for pair in _ENUMS for line in _numbers(found, *pair)),
        "",
        "## witx",
        "",
        "The file is the same under each tag.",
        "",
        *_declared(found, "witx"),
        "",
        "## WIT",
        "",
        "Under each tag stand the lines; `-` where it has no such declaration, **bold** where no clause covers it.",
        "A clause is of level must unless another level stands behind it. Dates behind it are the tags that its",
        "vectors run on, if those are not all.",
        "",
        *_declared(found, "wit"),
    ]
    return "\n".join(lines) + "\n"


def _counted(found: Sequence[DeclarationCoverage], abi: str) -> list[str]:
    declared = [covered for covered in found if abi in covered.clauses]
    missing = sum(abi in covered.uncovered for covered in declared)
    return [abi, str(len(declared)), str(len(declared) - missing), str(missing)]


def _uncovered(found: Sequence[DeclarationCoverage]) -> list[str]:
    rows = [
        [
            "`" + covered.declaration.name + "`",
            ", ".join(covered.uncovered),
            covered.declaration.unchecked or "**not said**",
        ]
        for covered in found
        if covered.uncovered
    ]
    return _table(["declaration", "on", "why"], rows) if rows else ["None: each declaration has a clause."]


def _numbers(found: Sequence[DeclarationCoverage], witx: str, wit: str) -> list[str]:
    """Write the cases of an enumeration side by side, in the order of witx, then what WIT has besides."""
    sides = [
        {_shared(covered): covered.declaration for covered in found if _is_case(covered, name)}
        for name in (f"witx:{witx}", f"wit:{wit}")
    ]
    rows = [
        [cell for side in sides for cell in _numbered(side.get(key))] for key in dict.fromkeys([*sides[0], *sides[1]])
    ]
    return ["", *_table([f"`{witx}`", "number", f"`{wit}`", "number"], rows)]


def _numbered(case: Declaration | None) -> tuple[str, str]:
    return (f"`{case.parts[-1]}`", str(case.number)) if case else ("-", "")


def _is_case(covered: DeclarationCoverage, enum: str) -> bool:
    return covered.declaration.kind == "case" and covered.declaration.name.startswith(f"{enum}.")


def _shared(covered: DeclarationCoverage) -> str:
    """Return the name that a case has in both families: `f32` for FP32."""
    return re.sub(r"^fp(?=\d)", "f", covered.declaration.parts[-1].lower().replace("-", "_"))


def _declared(found: Sequence[DeclarationCoverage], family: str) -> list[str]:
    abis = FAMILIES[family]
    heads = ["declaration", "kind", "type", "number", *(_dated(abi) for abi in abis), "clauses"]
    return _table(
        heads, [_row(covered, abis) for covered in found if covered.declaration.name.startswith(f"{family}:")]
    )


def _row(covered: DeclarationCoverage, abis: Sequence[str]) -> list[str]:
    declaration = covered.declaration
    types = dict.fromkeys(declaration.types.values())
    return [
        f"`{'.'.join(declaration.parts)}`",
        declaration.kind,
        ", ".join(f"`{name}`" for name in types),
        "" if declaration.number is None else str(declaration.number),
        *(_lines(covered, abi) for abi in abis),
        _clauses(covered),
    ]


def _lines(covered: DeclarationCoverage, abi: str) -> str:
    place = covered.declaration.places.get(abi)
    if place is None:
        return "-"
    link = f"[{place.span}]({place.url})"
    return f"**{link}**" if abi in covered.uncovered else link


def _clauses(covered: DeclarationCoverage) -> str:
    """Return the clauses: the level unless it is must, and the tags that vectors run on, if those are not all."""
    everywhere = dict.fromkeys(clause for clauses in covered.clauses.values() for clause in clauses)
    shown = []
    for clause in everywhere:
        on = [abi for abi, clauses in covered.clauses.items() if clause in clauses]
        only = "" if len(on) == len(covered.clauses) else f" ({', '.join(map(_dated, on))})"
        level = "" if clause.level is Level.MUST else f" *{clause.level.value}*"
        shown.append(f"[{clause.id}](coverage.md#{anchor(clause)}){level}{only}")
    return ", ".join(shown) or "**none**"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)]


def _dated(abi: str) -> str:
    tag = TAGS[abi]
    return "lines" if tag.family == "witx" else tag.release.removeprefix("0.2.0-rc-")
