"""A case examined: carried out, and what came of it looked into until the verdict is the host's own doing."""

from dataclasses import dataclass

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.vectors.case import Case

from .host_pool import Host


@dataclass
class Examination:
    """The cases of one run on one host."""

    host: Host

    def examine(self, case: Case) -> CaseResult:
        """Return what a case comes to. Raises `AdapterError` if no process of the host can be had."""
        return self.host.run(case)
