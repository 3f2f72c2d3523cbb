"""The host under test as the suite sees it: processes that are started, asked, reused and replaced."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeAlias

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.results.case_result import CaseResult, Judgement
from wasi_nn_conformance.results.observation import Observation, Size, longest
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.vectors.case import Case

from .adapter import Adapter, AdapterError, probe_path
from .case_runner import CaseRunner
from .handshake import EndedAtOnceError, LateError, handshake
from .library import Library
from .model_folders import ModelFolders
from .past import Capacity, Past
from .probe_process import ProbeProcess
from .process_size import process_size
from .turn import Turn

Pair: TypeAlias = tuple[str, str | None]
"""An ABI and an encoding, None for conversations without a model. Different pairs never share a process."""

# What one process is started for: a pair, and for each registered graph its name, model and encoding.
_Setting: TypeAlias = tuple[Pair, tuple[tuple[str, str, str], ...]]


@dataclass
class _Running:
    process: ProbeProcess
    past: Past = field(default_factory=Past)
    first: Size | None = None
    taken: set[int] = field(default_factory=set)
    """The numbers of handles that it has given."""

    def size(self) -> Size | None:
        """Return how large its process is; None where nobody tells, or it is gone."""
        size = process_size(self.process.pid) if self.process.usable else None
        return None if size is None else Size(**asdict(size))


@dataclass(frozen=True)
class Served:
    """What came of a case, and what its process had served before.

    `was_refused` tells whether some call got another answer than success. `graphs` and `contexts` are how many the
    guest held at the end, `printed` what the host printed since the call that failed.
    """

    case_result: CaseResult
    before: Past = field(default_factory=Past)
    was_refused: bool = False
    graphs: int = 0
    contexts: int = 0
    printed: str = ""


@dataclass
class Host:
    """The host of `adapter`. With `fresh`, each vector gets a process of its own. `decodes` is that of a `CaseRunner`.

    One process lives at a time for each setting, until it has done what may harm a later case; `close` ends them all.
    Those of the pairs that are `wary` end with the first case that fails, cases of the `unshared` pairs get one each,
    and `out_of_order` tells which pairs cannot be used at all, and why. Whoever asks it from several threads must have
    its `turn`, and ask for cases of one pair from one thread at a time.
    """

    adapter: Adapter
    library: Library
    fresh: bool = False
    decodes: bool = False
    unshared: set[Pair] = field(default_factory=set)
    wary: set[Pair] = field(default_factory=set)
    out_of_order: dict[Pair, str] = field(default_factory=dict)
    capacities: dict[Pair, Capacity] = field(default_factory=dict)
    turn: Turn = field(default_factory=Turn)
    _running: dict[_Setting, _Running] = field(default_factory=dict)
    _spare: dict[_Setting, ProbeProcess] = field(default_factory=dict)
    _greeted: dict[str, ProbeProcess] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _unregistered: dict[_Setting, str] = field(default_factory=dict)
    _observed: list[Observation] = field(default_factory=list)

    def unsupported(self, case: Case) -> str | None:
        """Return what the case needs and the adapter declares not to offer, or is not installed."""
        if case.abi not in self.adapter.abis:
            return f"{self.adapter.name} does not serve {case.abi}"
        if case.encoding is not None and case.encoding not in self.adapter.encodings:
            return f"{self.adapter.name} does not serve the encoding {case.encoding}"
        if case.vector.graphs and case.encoding not in self.adapter.graphs:
            return f"{self.adapter.name} has no way to register a graph in {case.encoding}"
        return (
            self.out_of_order.get(pair_of(case)) or self._unregistered.get(_setting(case)) or self.library.missing(case)
        )

    def check(self) -> None:
        """Do the handshake on every ABI that the adapter declares, and ask for the version. Raises `AdapterError`."""
        abis = [abi for abi in self.adapter.abis if abi in DIALECTS]
        for abi in abis:
            self._launch(((abi, None), ()))
        for abi in abis:
            self._greeted[abi] = self._started(((abi, None), ()))
        self.version  # noqa: B018 a report needs it: the run must not be for nothing

    def prepare(self, pairs: Iterable[Pair]) -> None:
        """Start a process for each of these, side by side. Raises `AdapterError`."""
        greeted = set(self._greeted)
        for pair in pairs:
            if pair[0] in greeted:
                greeted.discard(pair[0])  # the process of the handshake serves it
            elif (pair, ()) not in self._running:
                self._launch((pair, ()))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Start a new process for each vector for as long as the body runs."""
        before, self.fresh = self.fresh, True
        try:
            yield
        finally:
            self.fresh = before

    @cached_property
    def version(self) -> str:
        """The host's own word for its version. Raises `AdapterError`."""
        return self.adapter.version()

    def run(self, case: Case) -> CaseResult:
        """Carry out one case, on a process that is ready for it. Raises `AdapterError` if none can be had."""
        return self.serve(case).case_result

    def serve(self, case: Case, *, alone: bool = False) -> Served:
        """Carry out one case as `run` does; `alone` on a process that serves no other."""
        if reason := self.unsupported(case):
            return Served(CaseResult.of(case, [Judgement(Verdict.UNSUPPORTED, reason=reason)], 0.0, ()))
        setting = _setting(case)
        alone = alone or self.fresh or case.vector.fresh or setting[0] in self.unshared
        try:
            running = _Running(self._started(setting)) if alone else self._ready(setting, case)
        except EndedAtOnceError as error:
            if not setting[1]:
                raise
            # How names are given is a matter of its command line: a comma or a colon may part them.
            self._unregistered[setting] = f"these graphs cannot be registered: {error}"
            return self.serve(case)
        if setting[0] in self.unshared or (case.vector.fresh and not case.vector.graphs):
            self._launch(setting)  # there are more of them: the next process starts while this one is asked
        try:
            return self._served(case, running)
        finally:
            if alone:
                running.process.close()

    def retire(self, case: Case) -> None:
        """End the process that serves cases of this kind: the next one gets another."""
        if running := self._running.get(_setting(case)):
            running.process.close()

    def last_of(self, cases: Sequence[Case]) -> CaseResult | None:
        """Carry out cases of one pair on one new process. Return the last result; None if the process did not last."""
        running = _Running(self._started(_setting(cases[0])))
        with running.process:
            for case in cases:
                if not running.process.usable:
                    return None
                case_result = self._served(case, running).case_result
        return case_result

    def _served(self, case: Case, running: _Running) -> Served:
        paths = partial(self._folders.path, encoding=case.encoding, registered=case.vector.graphs)
        dialect = DIALECTS[case.abi]
        state = self.library.state(case, self._places(case.abi, _setting(case)[1]), paths)
        state.taken = running.taken
        runner = CaseRunner(case, running.process, self.adapter, dialect, state, self.decodes)
        before, running.past = running.past, running.past.with_case(case)
        case_result, printed = runner.run(), ""
        if case_result.verdict.is_finding:
            printed = running.process.printed()
            running.past = replace(running.past, has_failed=True)
            if pair_of(case) in self.wary or not runner.clear():
                running.process.close()
        running.first = running.first or running.size()
        return Served(case_result, before, runner.was_refused, *runner.state.made(), printed)

    def observations(self) -> tuple[Observation, ...]:
        """Return of each pair how the process that served most has changed meanwhile. Ask before `close`."""
        for (pair, _), running in self._running.items():
            self._observe(pair, running)
        return longest(self._observed)

    def _observe(self, pair: Pair, running: _Running) -> None:
        last, served = running.size(), len(running.past.cases)
        if running.first and last and served > 1:
            self._observed.append(Observation(*pair, served, running.first, last))

    @property
    def processes(self) -> list[ProbeProcess]:
        """The processes that serve, or served last, one for each setting."""
        return [running.process for running in self._running.values()]

    def _ready(self, setting: _Setting, case: Case) -> _Running:
        running = self._running.get(setting)
        if running and running.process.usable:
            if not running.past.cases or self._has_more_to_serve(setting, running, case):
                return running
            self._observe(setting[0], running)
            running.process.close()
        died = running is not None and not running.process.usable and self._has_more_to_serve(setting, running, case)
        self._running[setting] = _Running(self._started(setting))
        if died:
            # A host that died is likely to die again: its next process starts while this one is asked.
            self._launch(setting)
        return self._running[setting]

    def _has_more_to_serve(self, setting: _Setting, running: _Running, case: Case) -> bool:
        pair, past = setting[0], running.past
        bears_more = self.capacities.get(pair, Capacity()).has_room(past, case)
        return bears_more and len(past.cases) < self.adapter.limits.vectors_per_process

    def _started(self, setting: _Setting) -> ProbeProcess:
        """Return a process that has passed the handshake: one that waits for its first case, if there is one.

        Once a probe has answered on an ABI, one that is late does not end the run: another process is tried, once.
        """
        (abi, _), graphs = setting
        if not graphs and (greeted := self._greeted.pop(abi, None)):
            return greeted
        process = self._spare.pop(setting, None) or self._launched(setting)
        try:
            handshake(process, self.adapter, abi)
        except LateError:
            if abi not in self._answered:
                raise
            process = self._launched(setting)
            handshake(process, self.adapter, abi)
        self._answered.add(abi)
        return process

    def _launch(self, setting: _Setting) -> None:
        if setting not in self._spare:
            self._spare[setting] = self._launched(setting)

    def _launched(self, setting: _Setting) -> ProbeProcess:
        (abi, _), graphs = setting
        probe = probe_path(abi)
        if not probe.is_file():
            raise AdapterError(f"the prebuilt probe {probe.name} is missing; `tox -e guests` builds it")
        folders = {name: (encoding, self._folders.folder(name, model, encoding)) for name, model, encoding in graphs}
        argv = self.adapter.argv(probe, folders)
        try:
            return ProbeProcess(argv, self.adapter.process_environment(), self.turn)
        except OSError as error:
            raise AdapterError(f"{self.adapter.name}: {argv[0]} cannot be started: {error.strerror}") from None

    def _places(self, abi: str, graphs: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
        """Return the folders of this machine that the host was told, or can know, and a guest was not."""
        places = {
            "the folder of the probe": probe_path(abi).parent,
            "the folder of the host's program": Path(self.adapter.command[0]).parent,
            "the working folder": Path.cwd(),
        }
        with contextlib.suppress(RuntimeError):  # a user who is in no list of users, and says nothing by HOME
            places["the home folder"] = Path.home()
        for name, model, encoding in graphs:
            places[f"the folder of the graph {name}"] = self._folders.folder(name, model, encoding)
        # The root of all folders begins every path: it would be found where none of these stands.
        return {what: str(place) for what, place in places.items() if place.parts[1:]}

    @cached_property
    def _folders(self) -> ModelFolders:
        return ModelFolders(self.library.model_files.model_bytes)

    def close(self) -> None:
        """End all processes."""
        for process in (*self.processes, *self._spare.values(), *self._greeted.values()):
            process.close()
        for processes in (self._running, self._spare, self._greeted):
            processes.clear()
        if "_folders" in self.__dict__:
            self._folders.close()


def _setting(case: Case) -> _Setting:
    return pair_of(case), tuple((name, model, case.encoding or "") for name, model in case.vector.graphs.items())


def pair_of(case: Case) -> Pair:
    """Return the ABI and the encoding of a case."""
    return case.abi, case.encoding
