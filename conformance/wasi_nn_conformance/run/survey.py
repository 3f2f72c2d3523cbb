"""What a host has, found out by good conversations before anything is held against it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from wasi_nn_conformance.models import ENCODINGS, Model
from wasi_nn_conformance.results.carry_over import CAPACITY, Limit, is_limit
from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import Violation
from wasi_nn_conformance.vectors.case import Case
from wasi_nn_conformance.vectors.reader import vector_of

from .host_pool import Host, Pair, Served
from .past import Capacity

_GOOD = ("scale-f32", "identity-f32", "neg-f32")  # with weights and without: who loads none of them has no engine
_MOST = 70  # graphs and contexts: tables of 16 and of 61 are known
_PRINTED = 600  # characters of what the host printed that a complaint has room for
_UNWRITTEN = Path("(survey)")
_INFERENCE = {"clause": "load.graph-from-builders", "why": "what a host has is found out before it is judged"}
_CAPACITY = {"clause": CAPACITY, "why": "a host with tables of a fixed size refuses what does not fit in"}


@dataclass(frozen=True)
class _Refused:
    """Why a good model cannot be loaded; `is_answer` if the host said so by an error of wasi-nn."""

    words: str
    is_answer: bool


@dataclass
class Survey:
    """What the host has, for each ABI and encoding, asked when it is first wanted."""

    host: Host
    _limits: dict[Pair, list[Limit]] = field(default_factory=dict)
    _working: dict[tuple[Pair, str], bool] = field(default_factory=dict)
    _tried: dict[str, list[str]] = field(default_factory=dict)

    def take(self, pairs: Iterable[Pair]) -> str | None:
        """Find out which encodings can be used. Return why none can, if none of `pairs` is left.

        What cannot be used is out of order from then on. Of a host that dies at one ABI alone it is judged.
        """
        declared = [pair for pair in pairs if self._is_declared(pair)]
        self.host.prepare(declared)
        refused = {pair: self._refused(pair) for pair in declared}
        encodings = dict.fromkeys(encoding for _, encoding in refused)
        usable = {encoding for (_, encoding), why in refused.items() if why is None}
        for (abi, encoding), why in refused.items():
            if why and encoding not in usable:
                self.host.out_of_order[abi, encoding] = f"the encoding {encoding} cannot be used: {why.words}"
            elif why and why.is_answer:
                self.host.out_of_order[abi, encoding] = f"the encoding {encoding} cannot be used on {abi}: {why.words}"
        if usable or not refused:
            return None
        first = next(why for why in refused.values() if why)
        names = ", ".join(map(str, encodings))
        return f"{self.host.adapter.name}: no encoding can be used ({names}): {first.words}"

    def limits(self, pair: Pair) -> list[Limit]:
        """Return how many graphs and contexts a process bears, where that is less than many."""
        if pair not in self._limits:
            self._limits[pair] = [*self._met("graphs", pair), *self._met("contexts", pair)]
            most = {limit.what: limit.most for limit in self._limits[pair]}
            self.host.capacities[pair] = Capacity(**most)
        return self._limits[pair]

    def works(self, pair: Pair, name: str) -> bool:
        """Return whether a plain inference with a model of `models.yaml` comes out right, or cannot be said here."""
        if (pair, name) not in self._working:
            model = self._model(name)
            if not ENCODINGS[str(pair[1])].can_say(model):
                return True
            case = self._case(pair, f"survey/{name}", _INFERENCE, _inference(model))
            if pair[0] not in case.vector.abis:
                return True
            self._working[pair, name] = not self.host.serve(case).case_result.verdict.is_finding
        return self._working[pair, name]

    def types_lacking(self, pair: Pair) -> frozenset[str]:
        """Return the element types with which nothing comes out right, of those that the encoding has."""
        types = map(str, ENCODINGS[str(pair[1])].types)
        return frozenset(name for name in types if not self.works(pair, f"identity-{name}"))

    def models_lacking(self, pair: Pair, names: Iterable[str]) -> frozenset[str]:
        """Return those of the models with which a plain inference does not come out right."""
        return frozenset(name for name in names if not self.works(pair, name))

    def _is_declared(self, pair: Pair) -> bool:
        abi, encoding = pair
        return abi in self.host.adapter.abis and encoding in self.host.adapter.encodings

    def _refused(self, pair: Pair) -> _Refused | None:
        """Return why no good model can be loaded, if none can. What comes after its load is no matter of order.

        What was found out of an encoding on one ABI is tried first, or alone, on the next.
        """
        refused = None
        encoding = str(pair[1])
        for name in self._tried.get(encoding) or self._good(pair):
            served = self.host.serve(self._case(pair, f"survey/{name}", _INFERENCE, _inference(self._model(name))))
            violation = next(iter(served.case_result.violations), None)
            if violation is None or violation.call != "load" or not served.case_result.verdict.is_finding:
                self._tried[encoding] = [name, *(other for other in self._good(pair) if other != name)]
                return None
            refused = refused or _Refused(_words(violation, served), is_limit(served.case_result))
            if served.case_result.verdict is Verdict.HANG:
                break
        self._tried.setdefault(encoding, self._good(pair)[:1])
        return refused

    def _met(self, what: str, pair: Pair) -> Iterator[Limit]:
        name = next(iter(self._good(pair)))
        loads = [{"load": {"model": name, "as": f"g{number}"}} for number in range(_MOST if what == "graphs" else 1)]
        contexts = [{"context": {"graph": "g0", "as": f"c{number}"}} for number in range(_MOST)]
        steps = loads if what == "graphs" else [*loads, *contexts]
        case_result = self.host.serve(self._case(pair, f"survey/{what}", _CAPACITY, steps), alone=True).case_result
        most = _step_of(case_result) - (1 if what == "graphs" else 2)
        if case_result.verdict.is_finding and most > 0:
            yield Limit(*pair, what, most, case_result)

    def _good(self, pair: Pair) -> list[str]:
        encoding = ENCODINGS[str(pair[1])]
        return [name for name in _GOOD if encoding.can_say(self._model(name))]

    def _model(self, name: str) -> Model:
        return self.host.library.models[name]

    def _case(self, pair: Pair, name: str, about: dict[str, Any], steps: list[dict[str, Any]]) -> Case:
        library = self.host.library
        return library.case(vector_of({"id": name, **about, "steps": steps}, _UNWRITTEN, library.models), *pair)


def is_of_survey(case: Case) -> bool:
    """Return whether a case is none of a run, which cannot be asked for."""
    return case.vector.path == _UNWRITTEN


def _inference(model: Model) -> list[dict[str, Any]]:
    """Return the steps of a plain inference: every input set in the model's order, every output looked at."""
    steps: list[dict[str, Any]] = [{"load": {"model": model.id, "as": "g"}}, {"context": {"graph": "g", "as": "c"}}]
    for port in model.inputs:
        shape = [length or 2 for length in port.type.shape]
        data = [1 + number % 5 for number in range(prod(shape))]
        tensor = {"type": port.type.element.value, "shape": shape, "data": data}
        steps.append({"set_input": {"context": "c", "input": port.name, "tensor": tensor}})
    outputs = [{"output": {"context": "c", "output": port.name}} for port in model.outputs]
    return [*steps, {"compute": {"context": "c"}}, *outputs]


def _step_of(case_result: CaseResult) -> int:
    return next((violation.step or 0 for violation in case_result.violations), 0)


def _words(violation: Violation, served: Served) -> str:
    """Return what a host did at the load of a good model, and what it printed."""
    how = f" ({violation.subject})" if violation.subject else ""
    match violation.kind:
        case "crash":
            said = f"the host died at load{how}"
        case "hang":
            said = f"load: {violation.got}"
        case "outcome" if violation.got.startswith("error "):
            said = f"load answered {violation.got.removeprefix('error ')}"
        case _:
            said = f"load ended with {violation.got or violation.sentence}{how}"
    printed = " ".join((violation.printed or served.printed).split())
    return f"{said}; the host printed {f': {printed[-_PRINTED:]}' if printed else 'nothing'}".replace(" : ", ": ")
