"""What the reports of hosts with known faults come to: for the terminal, and as a part of a page in docs/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from accuracy import misled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accuracy import Diagnosis, Figures

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "mutants.md"
BEGIN, END = "<!-- begin of the accused -->", "<!-- end of the accused -->"
_WANTED = {"single": ("97 %", "100 %", "1.2", "100 %"), "compound": ("95 %", "95 %", "1.5", "100 %")}


def table(figures: Mapping[str, Figures]) -> list[str]:
    """Return the measures of each kind of host beside what is wanted of them."""
    lines = [
        "| hosts | cases that accuse a broken clause | faults accused | rows for a fault | replayed |",
        "|---|---|---|---|---|",
    ]
    for kind, each in figures.items():
        wanted = _WANTED.get(kind, _WANTED["compound"])
        cells = [_share(each.right_cases), _share(each.faults_accused), _ratio(each.rows), _share(each.replays)]
        signs = [f"≥ {wanted[0]}", f"≥ {wanted[1]}", f"≤ {wanted[2]}", wanted[3]]
        lines.append(
            f"| {kind} | {' | '.join(f'{cell}, wanted {sign}' for cell, sign in zip(cells, signs, strict=True))} |"
        )
    return lines


def document(
    page: str,
    every: int,
    figures: Mapping[str, Figures],
    found: Mapping[str, Sequence[Diagnosis]],
    unusable: Sequence[str],
) -> str:
    """Return the page with its part between the marks made anew. Raises `ValueError` for a page without them.

    Of the mutants alone each `every`-th was asked for. `unusable` are the hosts that could not load anything, which the
    suite said instead of a report.
    """
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError(f"the page needs the marks {BEGIN} and {END}")
    told = [f"Of the mutants alone this run took one in {every}.", ""] if every > 1 else []
    told += [f"Told in one sentence, since nothing can be loaded: {', '.join(unusable)}.", ""] if unusable else []
    return "\n".join([before + BEGIN, "", *table(figures), "", *told, *_lists(figures, found), END + after])


def _lists(figures: Mapping[str, Figures], found: Mapping[str, Sequence[Diagnosis]]) -> list[str]:
    lines = []
    for kind, diagnoses in found.items():
        missed = [f"* `{name}` in {each.host}" for each in diagnoses for name in each.missed]
        wrong = [f"* {host}: {clause} ({count})" for host, clause, count in misled(diagnoses)]
        lost = [f"* {each.host}: `{case}`" for each in diagnoses for case, same in each.replays.items() if not same]
        lines += [f"### {kind}: {len(diagnoses)} hosts, {figures[kind].masked} faults masked by others", ""]
        for title, listed in (("Missed", missed), ("Accused, and not broken", wrong), ("Not replayed", lost)):
            lines += [f"{title}:", "", *listed, ""] if listed else []
    return lines


def _share(parts: tuple[int, int]) -> str:
    part, whole = parts
    return f"{part / whole:.1%} ({part} of {whole})" if whole else "none"


def _ratio(parts: tuple[int, int]) -> str:
    part, whole = parts
    return f"{part / whole:.2f} ({part} for {whole})" if whole else f"{part} for none"
