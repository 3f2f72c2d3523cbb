"""When two cases fail alike: in the same call and in the same way."""

import pytest
from sample_report import case_result

from wasi_nn_conformance.results.likeness import fails_alike
from wasi_nn_conformance.results.violation import Violation

RANK = Violation("getter", "dimensions", "dims", got="[1]")
REFUSED = Violation("outcome", "set_input", got="error busy", wanted="success")


@pytest.mark.parametrize(
    ("simpler", "violation", "alike"),
    [
        (REFUSED, Violation("outcome", "set_named", got="error busy", wanted="an error"), True),
        (REFUSED, Violation("outcome", "set_input", got="error security", wanted="success"), False),
        (REFUSED, Violation("outcome", "compute", got="error busy", wanted="success"), False),
        (Violation("size", "output", got="5"), Violation("value", "get_named", got="nan"), True),
        (Violation("crash", "load", got="a"), Violation("crash", "load", got="b"), True),
        (Violation("unwritten", "output", "size"), Violation("slot", "get_output", "$p", wanted="written"), True),
        (Violation("unwritten", "output", "size"), Violation("slot", "get_output", "$p", wanted="untouched"), False),
        (Violation("getter", "dimensions", "dims"), Violation("dimensions", "output"), True),
        (Violation("getter", "dimensions", "dims"), Violation("value", "output"), False),
        (
            Violation("getter", "dimensions", "dims", got="[1]"),
            Violation("getter", "dimensions", "dims", got="[]"),
            True,
        ),
    ],
)
def test_cases_fail_alike(simpler: Violation, violation: Violation, *, alike: bool) -> None:
    assert fails_alike(case_result("fail", violations=(simpler,)), violation) is alike


def test_what_passes_fails_like_nothing() -> None:
    assert not fails_alike(case_result("pass"), REFUSED)
