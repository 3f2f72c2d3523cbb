"""What a run of the mutants comes to: for the terminal, and as the page in docs/."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trial import Trial

BEGIN, END = "<!-- begin of the last run -->", "<!-- end of the last run -->"
_THIN = 2


def survivors(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that no vector ended."""
    return [trial for trial in trials if not trial.kills and not trial.error]


def thin_ice(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that a single vector ended."""
    return [trial for trial in trials if trial.kills and len(trial.vectors) < _THIN]


def by_clause(trials: Sequence[Trial], clauses: Sequence[str]) -> dict[str, set[str]]:
    """Return the mutants that vectors of each clause caught, in the order of the clauses."""
    caught: dict[str, set[str]] = {clause: set() for clause in clauses}
    for trial in trials:
        for kill in trial.kills:
            caught[kill.clause].add(trial.mutant)
    return caught


def summary(trials: Sequence[Trial], clauses: Sequence[str], seconds: float) -> str:
    """Return the matrix of clauses and mutants, survivors and thin ice, for the terminal."""
    names = list(dict.fromkeys(trial.mutant for trial in trials))
    caught = by_clause(trials, clauses)
    width = max(map(len, clauses))
    numbers = [f"{index:>3}" for index in range(1, len(names) + 1)]
    lines = [f"{'':{width}} " + "".join(number[row] for number in numbers) for row in range(3)]
    for clause in clauses:
        row = "".join("#" if name in caught[clause] else "." for name in names)
        lines.append(f"{clause:{width}} {row}")
    lines += [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
    for title, found in (("survives", survivors(trials)), ("thin ice", thin_ice(trials))):
        lines += [f"{title}: {each.mutant} [{each.abi}]: {each.breaks}{_by(each)}" for each in found]
    lines += [f"cannot be run: {each.mutant} [{each.abi}]: {each.error}" for each in trials if each.error]
    killed = sum(bool(trial.kills) for trial in trials)
    lines.append(f"{len(names)} mutants, {killed} of {len(trials)} trials killed, {seconds:.0f} s")
    return "\n".join(lines) + "\n"


def _by(trial: Trial) -> str:
    return f" (only {trial.kills[0].vector})" if trial.kills else ""


def document(page: str, trials: Sequence[Trial], clauses: Sequence[str], healthy: int) -> str:
    """Return the page with its part between the marks made anew. Raises `ValueError` for a page without them."""
    return between_marks(page, _tables(trials, clauses, healthy))


def between_marks(page: str, lines: Sequence[str]) -> str:
    """Return the page with these lines between its marks. Raises `ValueError` for a page without them."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"the page needs the marks {BEGIN} and {END}")
    return "\n".join([before + BEGIN, *lines, END + after])


def _tables(trials: Sequence[Trial], clauses: Sequence[str], healthy: int) -> list[str]:
    names = list(dict.fromkeys(trial.mutant for trial in trials))
    killed = sum(bool(trial.kills) for trial in trials)
    lines = [
        "",
        f"{len(names)} mutants in {len(trials)} trials (a mutant on one ABI), {killed} trials killed. The healthy",
        f"reference passed {healthy} cases.",
        "",
        "| mutant | what is broken | caught by vectors of |",
        "|---|---|---|",
    ]
    for name in names:
        own = [trial for trial in trials if trial.mutant == name]
        caught = "; ".join(f"{trial.abi}: {_clauses(trial)}" for trial in own)
        lines.append(f"| `{name}` | {own[0].breaks} | {caught} |".replace("wit-2024-", ""))
    lines += ["", "### Thin ice", ""]
    lines += [f"* `{each.mutant}` on {each.abi}: only `{each.kills[0].vector}`" for each in thin_ice(trials)] or [
        "None."
    ]
    lines += ["", "### Survivors", ""]
    lines += [f"* `{each.mutant}` on {each.abi}: {each.breaks}" for each in survivors(trials)] or ["None."]
    lines += ["", "### By clause", "", "| clause | mutants caught |", "|---|---|"]
    lines += [f"| {clause} | {len(caught)} |" for clause, caught in by_clause(trials, clauses).items()]
    return [*lines, ""]


def _clauses(trial: Trial) -> str:
    counts: dict[str, set[str]] = defaultdict(set)
    for kill in trial.kills:
        counts[kill.clause].add(kill.vector)
    if not counts:
        return "nothing"
    return ", ".join(f"{clause} {len(vectors)}" for clause, vectors in counts.items())
