"""The short forms of steps written out: plain data in, plain data out, and nobody behind it knows any but full steps.

What is in full already stays as it is, and so does what is no step at all: the schema refuses it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, TypeAlias

from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.models import ElementType
from wasi_nn_conformance.models.model import Port

from .expectation import OUTCOMES
from .names import NESTED, FindModel, Names
from .repeat import LinedStep

_OF_A_PORT: Mapping[str, tuple[str, str, str]] = {
    "set_input": ("inputs", "input", "tensor"),
    "output": ("outputs", "output", "is"),
    "set_named": ("inputs", "name", "tensor"),
    "get_named": ("outputs", "name", "is"),
}
"""Actions on one port: its side of the model, and the keys of its name and of what is given with it."""

_BY_INDEX = ("set_input", "output")
"""Those of them whose port is an index on some ABI, so that the model must have it."""

_KEEPING = ("tensor", "place")
"""Actions that keep what they make, under the name that the short form begins with."""

_BYTES = {"place": "bytes", "overwrite": "bytes", "read": "is", "data": "is"}
"""Actions with bytes, and where those stand."""

Arguments: TypeAlias = dict[str, Any]
FindPort: TypeAlias = Callable[[], Port]


class ShortFormError(ValueError):
    """A short form that does not say what is meant, and the line of the step if it is one of a step."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


def with_model(model: Any, steps: list[Any], line: int | None) -> list[Any]:
    """Return the steps of a vector with a `model`: before them it is loaded as `g`, with the context `c`.

    `model` is a name, or `load` with the name and what is expected of it; then the steps follow success.
    Raises `ShortFormError` if it is neither.
    """
    expected = dict(model) if isinstance(model, dict) else {"load": model}
    load = {"model": expected.pop("load", None), "as": "g"}
    if not isinstance(load["model"], str):
        raise ShortFormError("`model` is a name, or `{load: NAME, ...}` with what is expected of the load", line)
    steps = [LinedStep({"context": {"graph": "g", "as": "c"}}, line), *steps]
    if expected:
        return [LinedStep({"load": load, **expected, "then": steps}, line)]
    return [LinedStep({"load": load}, line), *steps]


def in_full(steps: list[Any], registered: Mapping[str, str], find_model: FindModel) -> list[Any]:
    """Return the steps of a vector in full. Raises `ShortFormError`.

    `registered` are the models of its registered graphs by name; `find_model` returns a model by its id.
    """
    return _Normalisation(Names(steps, registered, find_model)).steps(steps)


class _Normalisation:
    def __init__(self, names: Names) -> None:
        self._names = names

    def steps(self, steps: Iterable[Any]) -> list[Any]:
        return [full for step in steps for full in self._step(step)]

    def _step(self, step: Any) -> Iterator[Any]:
        if not isinstance(step, LinedStep):
            yield step
            return
        try:
            full = LinedStep(_expectation(step), step.line)
            for name in NESTED:
                if isinstance(full.get(name), list):
                    full[name] = self.steps(full[name])
            yield from self._actions(full)
        except ShortFormError:
            raise
        except ValueError as error:
            raise ShortFormError(str(error), step.line) from None

    def _actions(self, step: LinedStep) -> Iterator[LinedStep]:
        """Write out the action of a step; one that stands for several cannot say what is expected of which."""
        actions = [name for name in step if name in _own_keys()]
        if len(actions) != 1:
            yield step
            return
        action = actions[0]
        several = list(self._several(action, step[action])) or [step[action]]
        if len(several) > 1 and len(step) > 1:
            others = ", ".join(name for name in step if name != action)
            raise ValueError(f"{action} stands for {len(several)} steps here: write {others} at one of them")
        for arguments in several:
            yield LinedStep({**step, action: self._arguments(action, arguments)}, step.line)

    def _several(self, action: str, written: Any) -> Iterator[Any]:
        """Return the arguments of each step that one stands for: of words in a list, names to keep, or ports."""
        own = _own_keys()[action]
        if isinstance(written, list):
            for item in written:
                yield from self._several(action, item)
        elif action == "drop" and isinstance(written, str):
            yield {"kind": self._names.kind(written), "handle": written}
        elif action in _KEEPING and isinstance(written, dict) and written.keys().isdisjoint(own):
            for name, made in written.items():
                yield {"tensor": made, "as": name} if action == "tensor" else _named(made, name)
        elif action in _OF_A_PORT and isinstance(written, dict) and written.keys() & own <= {"context"}:
            context = {key: written[key] for key in own & written.keys()}
            yield from ({**context, port: given} for port, given in written.items() if port not in own)
        else:
            yield written

    def _arguments(self, action: str, written: Any) -> Any:
        if not isinstance(written, dict):
            written = _one_word(action, written)
            if not isinstance(written, dict):
                return written
        full = dict(written)
        if "context" in _own_keys()[action] and "context" not in full:
            full["context"] = self._names.only_context()
        if action == "context" and "graph" not in full:
            full["graph"] = self._names.only_graph()
        return self._written_out(action, full)

    def _written_out(self, action: str, full: Arguments) -> Arguments:
        full = {key: _spelled(value) for key, value in full.items()}
        if action in _OF_A_PORT:
            return self._with_port(action, full)
        if action in _BYTES:
            return self._with_bytes(_BYTES[action], full)
        match action:
            case "infer":
                return self._with_inputs(full)
            case "compute_named":
                return self._with_named_inputs(full)
            case "raw":
                return _with_function(full)
            case "tensor":
                return {**full, "tensor": self._tensor(full.get("tensor"), None)}
        return full

    def _with_port(self, action: str, full: Arguments) -> Arguments:
        side, name_key, given_key = _OF_A_PORT[action]
        own = _own_keys()[action]
        ports = [key for key in full if key not in own]
        if ports:
            if len(ports) > 1 or name_key in full:
                told = ports if name_key not in full else [f"{name_key}: {full[name_key]}", *ports]
                raise ValueError(f"{action} is of one {side.removesuffix('s')}, not of {' and of '.join(told)}")
            self._names.port(full["context"], side, ports[0], own)
            full = {"context": full["context"], name_key: ports[0], given_key: full.pop(ports[0]), **full}
        elif action in _BY_INDEX and isinstance(full.get(name_key), str) and self._names.knows_model(full["context"]):
            self._names.port(full["context"], side, full[name_key])
        given = full.get(given_key)
        if given is None or given in ("any", "oracle") or action == "set_named":
            return full
        name = full.get(name_key)
        find = partial(self._names.port, full["context"], side, name) if isinstance(name, str) else None
        return {**full, given_key: self._tensor(given, find)}

    def _with_inputs(self, full: Arguments) -> Arguments:
        inputs = self._taken_inputs("infer", full) or full.get("inputs")
        if not isinstance(inputs, dict):
            return full
        find = partial(self._names.port, full["context"], "inputs")
        return {**full, "inputs": {name: self._tensor(made, partial(find, name)) for name, made in inputs.items()}}

    def _with_named_inputs(self, full: Arguments) -> Arguments:
        inputs = self._taken_inputs("compute_named", full)
        return {**full, "inputs": list(map(list, inputs.items()))} if inputs else full

    def _taken_inputs(self, action: str, full: Arguments) -> Arguments:
        """Take out of the arguments what stands there under the name of an input."""
        own = _own_keys()[action]
        inputs = {key: full.pop(key) for key in list(full) if key not in own}
        if inputs and "inputs" in full:
            raise ValueError(f"{action} has `inputs`: write {', '.join(inputs)} in it")
        for name in inputs:
            self._names.port(full["context"], "inputs", name, own)
        return inputs

    def _with_bytes(self, key: str, full: Arguments) -> Arguments:
        written = full.get(key)
        if isinstance(written, dict) and "tensor" in written:
            full[key] = {**written, "tensor": self._tensor(written["tensor"], None)}
        return full

    def _tensor(self, written: Any, find_port: FindPort | None) -> Any:
        """Write out a tensor: its type and shape are those of its port, or of all inputs if it is of none."""
        if isinstance(written, str | list):
            written = {"data": written}
        if not isinstance(written, dict) or "data" not in written or not written.keys() <= {"type", "shape", "data"}:
            return written
        if isinstance(kind := written.get("type"), str) and kind not in set(ElementType):
            raise ValueError(f"there is no element type {kind!r}{did_you_mean(kind, ElementType)}")
        missing = [key for key in ("type", "shape") if key not in written]
        if not missing:
            return written
        port = self._port_for(missing, find_port)
        if "shape" in missing and not port.type.is_static:
            raise ValueError(f"the model leaves dimensions of {port} open: say `shape`")
        told = {"type": str(port.type.element), "shape": list(port.type.shape)}
        return {key: written.get(key, told.get(key)) for key in ("type", "shape", "data")}

    def _port_for(self, missing: list[str], find_port: FindPort | None) -> Port:
        try:
            return find_port() if find_port else self._names.common_input()
        except ValueError as error:
            raise ValueError(f"{error}: say `{'` and `'.join(missing)}` of the tensor") from None


@cache
def _own_keys() -> Mapping[str, frozenset[str]]:
    """Return the keys that the arguments of each action have in full."""
    keys = schema("vector").form["$defs"]["step"]["properties"]
    return {
        name: frozenset(form["properties"])
        for name, form in keys.items()
        if "properties" in form and name not in ("fails", "repeat")
    }


@cache
def _codes() -> tuple[str, ...]:
    return tuple(schema("vector").form["$defs"]["code"]["enum"])


def _one_word(action: str, written: Any) -> Any:
    """Return a word as the argument that the action cannot do without; the context can be left out anyway."""
    form = schema("vector").form["$defs"]["step"]["properties"][action]
    needed = [key for key in form["required"] if key != "context"] or form["required"]
    return {needed[0]: written} if len(needed) == 1 and isinstance(written, str | int) else written


def _spelled(written: Any) -> Any:
    """Write out texts that are told by what they repeat, wherever they stand."""
    if isinstance(written, list):
        return [_spelled(each) for each in written]
    match written:
        case {"repeated": str(repeated), "times": int(times), **rest} if rest.keys() <= {"begins"}:
            return f"{rest.get('begins', '')}{repeated * times}"
    return written


def _named(made: Any, name: str) -> Any:
    return {**made, "as": name} if isinstance(made, dict) else made


def _with_function(full: Arguments) -> Arguments:
    functions = schema("vector").form["$defs"]["step"]["properties"]["raw"]["properties"]["function"]["enum"]
    called = [key for key in full if key not in _own_keys()["raw"]]
    if not called:
        return full
    if called[0] not in functions:
        raise ValueError(f"witx has no function {called[0]!r}{did_you_mean(called[0], functions)}")
    return {"function": called[0], "arguments": full.pop(called[0]), **full}


def _expectation(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return the step with what is expected of it in full."""
    full = dict(step)
    if isinstance(full.get("fails"), str):
        full["fails"] = {"prefer": full["fails"]}
    accept = full.get("accept")
    if not isinstance(accept, list) or not accept or "prefer" in full or not all(isinstance(x, str) for x in accept):
        return full
    for place, word in enumerate(accept):
        if word not in (OUTCOMES if place else (*OUTCOMES, *_codes())):
            known = f"{', '.join(OUTCOMES)}{'' if place else ' or the code of an error'}"
            raise ValueError(f"accept: {word!r} is not {known}{did_you_mean(word, (*OUTCOMES, *_codes()))}")
    accepted = {**full, "accept": [word if word in OUTCOMES else "error" for word in accept]}
    return accepted if accept[0] == "error" else {**accepted, "prefer": accept[0]}  # any error: none is preferred
