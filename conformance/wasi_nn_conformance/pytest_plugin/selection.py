"""Which cases and searches a run is asked for, and what to say where a name fits none."""

from dataclasses import dataclass, field
from itertools import accumulate

import pytest

from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.results.carry_over import OF_PROCESSES
from wasi_nn_conformance.results.pattern import matches
from wasi_nn_conformance.vectors.case import Case

from .arguments import SEARCHES, item_id


@dataclass
class Selection:
    """The cases that the options ask for. It remembers the ids that it was asked about.

    `deselected` are patterns of ids as reports show them; node ids and files are deselected by pytest itself.
    """

    patterns: tuple[str, ...]
    abis: tuple[str, ...]
    encodings: tuple[str, ...]
    deselected: tuple[str, ...] = ()
    _taken: set[str] = field(default_factory=set)
    _left_out: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, config: pytest.Config) -> "Selection":
        """Read the options."""
        patterns, abis, encodings = (config.getoption(name) or () for name in ("--case", "--abi", "--encoding"))
        deselected = tuple(word for word in config.getoption("deselect") or () if "::" not in word)
        cases = tuple(_of_cases(item_id(pattern)) for pattern in patterns)
        return cls(cases, tuple(abis), tuple(encodings), deselected)

    def takes(self, case: Case) -> bool:
        """Return whether the options ask for this case."""
        return self.takes_item(case.id, case.abi, case.encoding)

    def takes_item(self, item_id: str, abi: str, encoding: str | None) -> bool:
        """Return whether the options ask for the case or search of that id."""
        on = (not self.abis or abi in self.abis) and (
            not self.encodings or encoding is None or encoding in self.encodings
        )
        (self._taken if on else self._left_out).add(item_id)
        on = on and not any(matches(pattern, item_id) for pattern in self.deselected)
        return on and (not self.patterns or any(matches(pattern, item_id) for pattern in self.patterns))

    def complaint(self, missing: str) -> str | None:
        """Return what is wrong with the patterns once all ids have been seen, if anything is.

        `missing` says why there are no searches where there would be some.
        """
        if not self._taken and not self._left_out:
            return None
        for pattern in self.patterns:
            if any(matches(pattern, item_id) for item_id in self._taken):
                continue
            if any(matches(pattern, item_id) for item_id in self._left_out):
                return f"--case={pattern}: --abi and --encoding leave out all that it matches"
            if missing and pattern.startswith(f"{SEARCHES}/"):
                return f"--case={pattern}: {missing}"
            return f"--case={pattern}: no case has this id{self._near(pattern)}"
        return None

    def _near(self, pattern: str) -> str:
        ids = self._taken | self._left_out
        if wider := [item_id for item_id in sorted(ids) if matches(f"{pattern}[*]", item_id)]:
            # What was given is the vector's id: those of its cases have the ABI behind it.
            return f"; did you mean '{pattern}[*]', which is {', '.join(wider)}?"
        if "[" in pattern:
            return did_you_mean(pattern, ids)
        vectors = {item_id.partition("[")[0] for item_id in ids}
        families = {f"{family}/*" for name in vectors for family in accumulate(name.split("/")[:-1], "{}/{}".format)}
        return did_you_mean(pattern, vectors | families)


def _of_cases(pattern: str) -> str:
    """Return the pattern of the cases that show what a run says of the host's process: all of its ABI and encoding."""
    name, bracket, pair = pattern.partition("[")
    return f"*{bracket}{pair}" if bracket and name in OF_PROCESSES else pattern
