"""What guests are linked with, as far as the user may choose."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class UnknownImports(Enum):
    """What becomes of an import that is not served: the guest is refused, or gets something in its place.

    TRAP: a function that traps. DEFAULT: one that returns zeros; only modules have it.
    """

    REFUSE = "refuse"
    TRAP = "trap"
    DEFAULT = "default"


class Linking(NamedTuple):
    """How guests are linked.

    tensor_types: the numbering that core modules use. extensions: see `abi.witx.module.EXTENSIONS`.
    verbose: say why calls failed. accounted: say what was alive at the end of a component.
    """

    tensor_types: str = "2023"
    extensions: tuple[str, ...] = ()
    unknown_imports: UnknownImports = UnknownImports.REFUSE
    verbose: bool = False
    accounted: bool = False
