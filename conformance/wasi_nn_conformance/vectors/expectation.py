"""What a step may answer, and what the clause would rather see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OUTCOMES = ("ok", "error", "trap")


@dataclass(frozen=True)
class Expectation:
    """The accepted kinds of outcome (`ok`, `error`, `trap`), and the code of an error.

    `only` is the one code that the text fixes: another one fails. `prefer` is an outcome or a code: another
    accepted answer deviates. Codes are spelled as in witx, with underscores.
    """

    accept: frozenset[str] = frozenset({"ok"})
    only: str | None = None
    prefer: str | None = None

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> "Expectation":
        """Read the keys `traps`, `fails`, or `accept` with `prefer`. Raises `ValueError` where they contradict."""
        prefer = step.get("prefer")
        if "traps" in step:
            if not {"fails", "accept", "prefer"}.isdisjoint(step):
                raise ValueError("`traps` accepts a trap and nothing else: drop `fails`, `accept` and `prefer`")
            return cls(frozenset({"trap"}))
        if "fails" in step:
            if "accept" in step or prefer is not None:
                raise ValueError("`fails` already says what is accepted: drop `accept` and `prefer`")
            fails = step["fails"]
            return cls(frozenset({"error"}), fails.get("only"), fails.get("prefer"))
        if "accept" in step:
            accept = frozenset(step["accept"])
            if ("error" if prefer not in OUTCOMES else prefer) not in accept:
                raise ValueError(f"`prefer: {prefer}` is not among what is accepted")
            return cls(accept, None, prefer)
        if prefer is not None:
            raise ValueError("`prefer` needs `accept` or `fails`")
        return cls()

    @property
    def traps(self) -> bool:
        """Return whether a trap is wanted, as only components owe it for a handle that is none."""
        return self.accept == {"trap"}

    @property
    def wanted(self) -> str:
        """Return the accepted outcomes in words."""
        if self.only:
            return f"error {self.only}"
        words = [word for word in OUTCOMES if word in self.accept]
        text = " or ".join({"ok": "success", "error": "an error", "trap": "a trap"}[word] for word in words)
        return f"{text} (rather {self.prefer})" if self.prefer else text
