"""A host without a process, new for each case, in the place of a `Host`: to see what a run makes of its faults."""

import json
from collections.abc import Callable
from typing import Any

from wasi_nn_conformance.dialects import DIALECTS
from wasi_nn_conformance.run.adapter import Adapter
from wasi_nn_conformance.run.case_runner import CaseRunner
from wasi_nn_conformance.run.host_pool import Served
from wasi_nn_conformance.run.library import Library
from wasi_nn_conformance.vectors.case import Case


class InProcess:
    """A host that answers within this process, in the place of a `ProbeProcess`."""

    usable = True

    def __init__(self, host: Any) -> None:
        self.host = host

    def ask(self, line: bytes, _seconds: float) -> bytes:
        return json.dumps(self.host.answer(json.loads(line))).encode()

    def printed(self) -> str:
        return ""


class FaultyHost:
    """A host with faults, new for each case, in the place of a `Host`."""

    def __init__(self, make: Callable[[], Any], adapter: Adapter, library: Library) -> None:
        self.make, self.adapter, self.library = make, adapter, library

    def serve(self, case: Case, *, alone: bool = False) -> Served:
        assert alone
        state = self.library.state(case, {})
        process: Any = InProcess(self.make())
        return Served(CaseRunner(case, process, self.adapter, DIALECTS[case.abi], state).run())
