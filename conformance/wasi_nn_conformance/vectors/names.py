"""What the steps of a vector call things: which model a context is of, and what there is only one of."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wasi_nn_conformance.formats.suggestion import did_you_mean
from wasi_nn_conformance.models import Model
from wasi_nn_conformance.models.model import Port

BLOCKS = ("fails_by", "may_fail")

NESTED = (*BLOCKS, "then", "rounds")
"""The keys of a step under which there are steps."""

FindModel = Callable[[str], Model]
"""Returns the model that a vector calls so. Raises `ValueError` if there is none."""


class Names:
    """The graphs, contexts, tensors and errors that a vector's steps give names to, wherever in it they do."""

    def __init__(self, steps: Iterable[Any], registered: Mapping[str, str], find_model: FindModel) -> None:
        self._registered = registered
        self._find_model = find_model
        self._models: dict[str, set[str | None]] = {}  # of each graph
        self._graphs: dict[str, set[str | None]] = {}  # of each context
        self._kinds: dict[str, set[str]] = {}
        self._gather(steps)

    def only_graph(self) -> str:
        """Return the name of the only graph. Raises `ValueError` if there is none or another one."""
        return _only("graph", self._models)

    def only_context(self) -> str:
        """Return the name of the only context. Raises `ValueError` if there is none or another one."""
        return _only("context", self._graphs)

    def kind(self, name: str) -> str:
        """Return what a name stands for: a graph, context, tensor or error. Raises `ValueError` if it is not clear."""
        kinds = self._kinds.get(name) or self._kinds.get(name.partition(".")[0], set())
        if len(kinds) == 1:
            return next(iter(kinds))
        if kinds:
            raise ValueError(f"{name!r} is the name of {' and of '.join(f'a {kind}' for kind in sorted(kinds))}")
        raise ValueError(f"nothing is called {name!r}{did_you_mean(name, self._kinds)}")

    def port(self, context: Any, side: str, name: str, keys: Iterable[str] = ()) -> Port:
        """Return the input or output (`side`) of a context's model. Raises `ValueError` if there is none.

        `keys` are the words that may stand in the place of its name.
        """
        model = self._model_of(context)
        ports: tuple[Port, ...] = getattr(model, side)
        for port in ports:
            if port.name == name:
                return port
        known = [port.name for port in ports]
        raise ValueError(
            f"the model {model.id!r} has no {side.removesuffix('s')} {name!r}; it has {', '.join(known) or 'none'}"
            f"{did_you_mean(name, [*known, *keys])}"
        )

    def knows_model(self, context: Any) -> bool:
        """Return whether the steps tell which model a context is of."""
        return self._only_model(context) is not None

    def common_input(self) -> Port:
        """Return an input that all inputs of all models are like. Raises `ValueError` if they differ."""
        models = {model for models in self._models.values() for model in models} | set(self._registered.values())
        names = sorted(model for model in models if model is not None)
        if not names or None in models:
            raise ValueError("no model tells them")
        ports = [port for name in names for port in self._find_model(name).inputs]
        if len({port.type for port in ports}) != 1:
            raise ValueError(f"the inputs of {', '.join(names)} are not all of one type and shape")
        return ports[0]

    def _model_of(self, context: Any) -> Model:
        name = self._only_model(context)
        if name is None:
            raise ValueError(f"which model the context {context} is of is not told by `model`")
        return self._find_model(name)

    def _only_model(self, context: Any) -> str | None:
        graphs = self._graphs.get(context, {None}) if isinstance(context, str) else {None}
        found = {model for graph in graphs for model in self._models_of(graph)}
        return next(iter(found)) if len(found) == 1 else None

    def _models_of(self, graph: str | None) -> set[str | None]:
        """Return the models of a graph; of the only one if it is not said which (None)."""
        if graph is not None:
            return self._models.get(graph, {None})
        return next(iter(self._models.values())) if len(self._models) == 1 else {None}

    def _gather(self, steps: Iterable[Any]) -> None:
        for step in steps:
            if not isinstance(step, dict):
                continue
            for action, arguments in step.items():
                if isinstance(arguments, list) and action in NESTED:
                    self._gather(arguments)
                elif isinstance(arguments, dict):
                    self._note(action, arguments)

    def _note(self, action: str, arguments: Mapping[str, Any]) -> None:
        name = arguments.get("as")
        match action:
            case "load" | "load_by_name" if isinstance(name, str):
                model = arguments.get("model") if action == "load" else self._registered.get(str(arguments.get("name")))
                self._models.setdefault(name, set()).add(model if isinstance(model, str) else None)
                self._kinds.setdefault(name, set()).add("graph")
            case "context" if isinstance(name, str):
                graph = arguments.get("graph")
                self._graphs.setdefault(name, set()).add(graph if isinstance(graph, str) else None)
                self._kinds.setdefault(name, set()).add("context")
            case "tensor" if arguments.keys().isdisjoint(("tensor", "as")):
                for made in arguments:
                    self._kinds.setdefault(made, set()).add("tensor")
            case "tensor" | "get_named" | "compute_named" if isinstance(name, str):
                self._kinds.setdefault(name, set()).add("tensor")
            case "new_error" if isinstance(name, str):
                self._kinds.setdefault(name, set()).add("error")
        if action not in ("error_code", "error_data") and isinstance(arguments.get("error"), str):
            self._kinds.setdefault(arguments["error"], set()).add("error")


def _only(kind: str, named: Iterable[str]) -> str:
    names = list(named)
    if len(names) == 1:
        return names[0]
    if not names:
        raise ValueError(f"no step makes a {kind}: say `{kind}`, or give the vector a `model`")
    raise ValueError(f"the vector has several: {kind}s {', '.join(names[:-1])} and {names[-1]}; say `{kind}`")
