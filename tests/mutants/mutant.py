"""A mutant: the reference host with one fault, made at run time by patching one function or one table of it."""

from __future__ import annotations
import __future__

import contextlib
import importlib
import inspect
import pkgutil
import sys
import textwrap
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from types import ModuleType

PACKAGE = "wasi_nn_reference"
GROWTH = "process.no-endless-growth"
DEADLY = "regressions/bytes/"  # begins the vectors with models that OpenVINO dies of, which is in the process here
TOGETHER = "+"  # between the ids of faults that are put in together
_SOURCE = "__source_of_mutant__"

WITX = "witx"
WIT_06_25, WIT_08_19, WIT_10_28 = "wit-2024-06-25", "wit-2024-08-19", "wit-2024-10-28"
ABIS = (WITX, WIT_06_25, WIT_08_19, WIT_10_28)
# Faults of what all ABIs share show on the one that sets inputs one by one and on the one that takes them at once.
SHARED = (WITX, WIT_10_28)


class PatchError(Exception):
    """The patch does not apply: what it changes is no longer there, or no longer reads as it did."""


@dataclass(frozen=True)
class Mutant:
    """One fault. `breaks` says what is wrong with the host then; `abis` and `encodings` are those it shows on.

    `clauses` are those that the fault breaks, as its code and their text have it: whoever reads the report of a host
    with this fault looks for it there.
    """

    id: str
    breaks: str
    abis: tuple[str, ...]
    encodings: tuple[str, ...]
    patch: Callable[[], None]
    clauses: tuple[str, ...]

    def apply(self) -> None:
        """Patch the reference in this process. Raises `PatchError`; a patch that changes nothing is one, too."""
        before = len(_undone_by)
        try:
            self.patch()
        except PatchError as error:
            raise PatchError(f"{self.id}: {error}") from None
        if self.patch is not _nothing and len(_undone_by) == before:
            raise PatchError(f"{self.id}: the patch changed nothing")

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Patch the reference for as long as the body runs."""
        try:
            self.apply()
            yield
        finally:
            while _undone_by:
                _undone_by.pop()()


@dataclass
class Mutants:
    """All mutants by id, in the order in which their modules define them."""

    by_id: dict[str, Mutant] = field(default_factory=dict)

    def add(self, mutant: Mutant) -> None:
        """Register a mutant. Raises `PatchError` for an id that is taken."""
        if mutant.id in self.by_id:
            raise PatchError(f"{mutant.id}: there are two mutants of this id")
        self.by_id[mutant.id] = mutant


def _nothing() -> None:
    """Leave the reference as it is."""


HEALTHY = Mutant("healthy", "nothing", ABIS, ("openvino", "onnx"), _nothing, ())

_mutants = Mutants()
_undone_by: list[Callable[[], None]] = []


def mutants() -> dict[str, Mutant]:
    """Return all mutants by id, without the healthy one."""
    import faults  # noqa: PLC0415 - its modules import this one

    for module in pkgutil.walk_packages(faults.__path__, "faults."):
        importlib.import_module(module.name)
    return _mutants.by_id


def faults_named(name: str) -> list[Mutant]:
    """Return the mutants whose ids, joined by +, are this name. Raises `PatchError`."""
    from likenesses import likenesses  # noqa: PLC0415 - as above

    known = {HEALTHY.id: HEALTHY, **mutants(), **likenesses()}
    ids = name.split(TOGETHER)
    if unknown := [each for each in ids if each not in known]:
        raise PatchError(f"there is no mutant {', '.join(unknown)}")
    return [known[each] for each in ids]


def mutant(
    name: str,
    breaks: str,
    abis: tuple[str, ...] | str = SHARED,
    encodings: tuple[str, ...] = ("openvino",),
    *,
    clauses: tuple[str, ...],
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register the decorated function as the patch of a mutant."""

    def register(patch: Callable[[], None]) -> Callable[[], None]:
        _mutants.add(Mutant(name, breaks, (abis,) if isinstance(abis, str) else abis, encodings, patch, clauses))
        return patch

    return register


def rewritten(  # noqa: PLR0917 - one line for each mutant
    name: str,
    breaks: str,
    abis: tuple[str, ...] | str,
    target: str,
    old: str,
    new: str,
    encodings: tuple[str, ...] = ("openvino",),
    *,
    clauses: tuple[str, ...],
) -> None:
    """Register a mutant in which one function reads `new` where it read `old`; see `rewrite`."""
    mutant(name, breaks, abis, encodings, clauses=clauses)(lambda: rewrite(target, old, new))


def rewrite(target: str, old: str, new: str) -> None:
    """Replace the function `module:Class.name` by itself with `old`, which occurs exactly once, read as `new`."""
    owner, name = _owner(target)
    function = vars(owner).get(name)
    if not inspect.isfunction(function):
        raise PatchError(f"{target} is no function")
    # One that another fault has rewritten is rewritten once more: faults can be put in together.
    source = getattr(function, _SOURCE, None) or textwrap.dedent(inspect.getsource(function))
    if (count := source.count(old)) != 1:
        raise PatchError(f"{target} reads {old!r} {count} times, not once")
    flags = __future__.annotations.compiler_flag
    try:
        code = compile(source.replace(old, new), f"<mutant of {target}>", "exec", flags, dont_inherit=True)
    except SyntaxError as error:  # two faults of one line, each of which alone is well formed
        raise PatchError(f"{target} is no Python any more: {error}") from None
    made: dict[str, Any] = {}
    exec(code, function.__globals__, made)  # noqa: S102 - the text is the reference's own
    setattr(made[name], _SOURCE, source.replace(old, new))
    replace(owner, name, made[name])
    if inspect.ismodule(owner):
        _replace_in_tables(function, made[name])


def _replace_in_tables(function: Any, made: Any) -> None:
    """Replace a module's function in the tables of functions that modules have."""
    for each in _modules():
        for name, value in list(vars(each).items()):
            if isinstance(value, dict) and name != "__builtins__":
                for key in [key for key, entry in value.items() if entry is function]:
                    put(value, key, made)


def replace(owner: Any, name: str, value: Any) -> None:
    """Give `owner` another attribute of that name, which it must have; of a module also where it was imported."""
    if name not in vars(owner):
        raise PatchError(f"{owner!r} has no {name}")
    before = vars(owner)[name]
    importers = [each for each in _modules() if vars(each).get(name) is before] if inspect.ismodule(owner) else []
    for each in (owner, *importers):
        if vars(each)[name] is before:
            _undone_by.append(partial(setattr, each, name, before))
            setattr(each, name, value)


def _modules() -> list[ModuleType]:
    return [value for name, value in list(sys.modules.items()) if name.partition(".")[0] == PACKAGE]


def put(table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
    """Return a key of a table, which it must have, another value."""
    if key not in table or table[key] == value:
        raise PatchError(f"the table has no {key!r}, or has {value!r} there already")
    before = table[key]
    _undone_by.append(lambda: table.__setitem__(key, before))
    table[key] = value


def swap(table: MutableMapping[Any, Any], first: Any, second: Any) -> None:
    """Swap the values of two keys of a table."""
    if first not in table or second not in table:
        raise PatchError(f"the table has not both {first!r} and {second!r}")
    values = table[first], table[second]
    put(table, first, values[1])
    put(table, second, values[0])


def module(name: str) -> Any:
    """Return a module of the reference. Raises `PatchError`."""
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    except ImportError as error:
        raise PatchError(f"there is no module {name}: {error}") from None


def _owner(target: str) -> tuple[Any, str]:
    name, _, path = target.partition(":")
    owner = module(name)
    *outer, last = path.split(".")
    for part in outer:
        if not hasattr(owner, part):
            raise PatchError(f"{name} has no {part}")
        owner = getattr(owner, part)
    return owner, last
