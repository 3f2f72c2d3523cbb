"""Which vectors show that a clause is kept, and which try to break it; what is missing comes first."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .clause import SIDES, Clause, Level
from .step import Block, Node, Step
from .vector import Vector

_BINDING = (Level.MUST, Level.SHOULD)


@dataclass
class Coverage:
    """The vectors of one clause: those that show it kept and those that try to break it; many do both."""

    clause: Clause
    shows: list[Vector] = field(default_factory=list)
    breaks: list[Vector] = field(default_factory=list)

    @property
    def abis(self) -> frozenset[str]:
        """Return the ABIs that its vectors run on."""
        return frozenset(abi for vector in (*self.shows, *self.breaks) for abi in vector.abis)

    @property
    def gaps(self) -> list[str]:
        """Return what is missing, or what the clause says of its own coverage and is not so."""
        found = {"shows": self.shows, "breaks": self.breaks}
        if self.clause.observed is not None:
            return ["a vector about it, though the clause says `observed`"] if self.shows or self.breaks else []
        if not self.shows and not self.breaks:
            return ["no vector at all"]
        if self.clause.only is not None:
            other = next(side for side in SIDES if side != self.clause.only)
            stale = [f"a vector that {other} it, though the clause says `only: {self.clause.only}`"]
            return stale if found[other] else []
        missing = {"shows": "no vector shows it kept", "breaks": "no vector tries to break it"}
        binding = self.clause.level in _BINDING
        return [missing[side] for side in SIDES if binding and not found[side]]


def coverage(clauses: Mapping[str, Clause], vectors: Iterable[Vector]) -> list[Coverage]:
    """Return the coverage of each clause: those with gaps first, else in the order of the clauses."""
    covered = {name: Coverage(clause) for name, clause in clauses.items()}
    for vector in vectors:
        found = sides(vector)
        if "shows" in found:
            covered[vector.clause].shows.append(vector)
        if "breaks" in found:
            covered[vector.clause].breaks.append(vector)
    return sorted(covered.values(), key=lambda entry: not entry.gaps)


def sides(vector: Vector) -> frozenset[str]:
    """Return what a vector does to its clause, by its steps and its key `tries`.

    A step is misuse if success is not what the clause would see. A vector shows the clause kept if each function
    that it misuses is also called so that it has to succeed, or if it misuses none: a host that refuses everything
    does not pass it. It tries to break the clause by misuse, by what a guest may do and a careless host does not
    expect (overwriting what a call was given, growing memory, placing data at its edges, dropping resources), or
    because it says so: by hostile order, names or values.
    """
    uses = list(_uses(vector.steps))
    misuses = [functions for functions, misuse in uses if misuse]
    proper = {function for functions, misuse in uses if not misuse for function in functions}
    found = {"shows"} if all(functions & proper for functions in misuses) else set()
    if misuses or vector.tries == "break" or any(_is_hostile(step) for step in _steps(vector.steps)):
        found.add("breaks")
    return frozenset({"shows"} if vector.tries == "show" else found)


def _uses(nodes: Sequence[Node]) -> Iterator[tuple[frozenset[str], bool]]:
    """Return the functions called, and whether that is misuse. Of a block that has to fail all steps are one misuse."""
    for node in nodes:
        if isinstance(node, Block):
            if node.must_fail or node.prefer not in (None, "ok"):
                yield frozenset(map(_function, _steps(node.steps))), True
            else:
                yield from _uses(node.steps)
        else:
            expectation = node.expectation
            misuse = "ok" not in expectation.accept or expectation.prefer not in (None, "ok")
            yield frozenset({_function(node)}), misuse
            yield from _uses(node.then)


def _steps(nodes: Sequence[Node]) -> Iterator[Step]:
    for node in nodes:
        if isinstance(node, Block):
            yield from _steps(node.steps)
        else:
            yield node
            yield from _steps(node.then)


def _is_hostile(step: Step) -> bool:
    at_an_edge = step.action == "place" and step.arguments.get("at") is not None
    return at_an_edge or step.action in ("overwrite", "grow", "drop")


_SAME = {
    "set_named": "set_input",
    "compute_named": "compute",
    "get_named": "get_output",
    "output": "get_output",
    "outputs": "get_output",
    "context": "init_execution_context",
}


def _function(step: Step) -> str:
    """Return the function that a step calls, under one name for all its forms."""
    if step.action == "raw":
        return str(step.arguments["function"])
    return _SAME.get(step.action, step.action)


def families(vectors: Sequence[Vector]) -> list[tuple[str, int]]:
    """Return the vectors as they are written: the id without what a matrix adds, and how many it makes."""
    groups: dict[tuple[str, int | None], list[str]] = {}
    for vector in vectors:
        groups.setdefault((vector.path.name, vector.line), []).append(vector.id)
    return [(_common(ids), len(ids)) for ids in groups.values()]


def _common(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else posixpath.commonpath(ids)


def markdown(entries: Sequence[Coverage], cases: Mapping[str, int]) -> str:
    """Write the coverage as a page. `cases` says how many cases each ABI has."""
    levels = Counter(entry.clause.level.value for entry in entries)
    counted = ", ".join(f"{levels[level.value]} {level.value}" for level in Level if levels[level.value])
    by_abi = ", ".join(f"{number} on {abi}" for abi, number in cases.items())
    lines = [
        "# Coverage of the clauses",
        "",
        "Written by `wasi-nn coverage --markdown`; do not edit.",
        "",
        f"{len(entries)} clauses ({counted}); cases: {by_abi}.",
        "",
        "A vector *shows* a clause kept if valid use has to succeed in it: a host that refuses everything does not",
        "pass. It tries to *break* the clause by misuse, by wrong input, or by what a guest does between calls. Many",
        "do both.",
        "`x 4`: a matrix makes so many vectors of it. [specification.md](specification.md) has it the other way round:",
        "each declaration, with the clauses about it.",
        "",
        "## Gaps",
        "",
        *(_gap_lines(entries) or ["None: each clause of level must or should has both, or says why it cannot."]),
        "",
        "## One side only",
        "",
        *[f"* `{e.clause.id}` {e.clause.only}: {e.clause.because}" for e in entries if e.clause.only is not None],
        "",
        "## Observed",
        "",
        "What a run finds out about the host's process, whatever its vectors are:",
        "",
        *[f"* `{e.clause.id}`: {e.clause.observed}" for e in entries if e.clause.observed is not None],
        "",
        "## Clauses",
    ]
    for entry in entries:
        clause = entry.clause
        lines += ["", f"### {_heading(clause)}", "", clause.text, ""]
        lines += [f"About: {', '.join(f'`{name}`' for name in clause.about)}.", ""]
        lines += [f"Source: {', '.join(f'[{source.label}]({source.url})' for source in clause.sources)}.", ""]
        lines += [f"Reading: {clause.reading}.", ""] if clause.reading else []
        lines += [f"Accepted: {clause.choices}.", ""] if clause.choices else []
        if clause.observed is None:
            lines += [f"* shows: {_listed(entry.shows)}", f"* breaks: {_listed(entry.breaks)}"]
        else:
            lines += [f"Observed: {clause.observed}."]
    return "\n".join(lines) + "\n"


def anchor(clause: Clause) -> str:
    """Return the name under which the page's part about a clause is reached."""
    return re.sub(r"[^a-z0-9 _-]", "", _heading(clause).lower()).replace(" ", "-")


def _heading(clause: Clause) -> str:
    return f"{clause.id} ({clause.level.value})"


def plain(entries: Sequence[Coverage]) -> str:
    """Write the coverage for a terminal: gaps, then a line for each clause."""
    width = max(len(entry.clause.id) for entry in entries)
    rows = [
        f"{e.clause.id:{width}}  {e.clause.level.value:7}  {len(e.shows):4}  {len(e.breaks):4}  {'; '.join(e.gaps)}"
        for e in entries
    ]
    return "\n".join([f"{'clause':{width}}  level    show  break", *(row.rstrip() for row in rows)]) + "\n"


def _gap_lines(entries: Sequence[Coverage]) -> list[str]:
    return [f"* `{entry.clause.id}`: {gap}" for entry in entries for gap in entry.gaps]


def _listed(vectors: Sequence[Vector]) -> str:
    return ", ".join(f"`{name}`" + (f" x {n}" if n > 1 else "") for name, n in families(vectors)) or "none"
