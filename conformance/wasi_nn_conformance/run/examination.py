"""A case examined: carried out, and what came of it looked into until the verdict is the host's own doing."""

from dataclasses import dataclass
from functools import cached_property

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.vectors.case import Case

from .accusation import Accusation
from .host_pool import Host


@dataclass
class Examination:
    """The cases of one run on one host."""

    host: Host

    def examine(self, case: Case) -> CaseResult:
        """Return what a case comes to. Raises `AdapterError` if no process of the host can be had."""
        return self._accusation.accused(case, self.host.run(case))

    def simpler(self, case_id: str) -> CaseResult:
        """Return what a case came to that blocks another one."""
        return self._accusation.simpler[case_id]

    @cached_property
    def _accusation(self) -> Accusation:
        return Accusation(self.host)
