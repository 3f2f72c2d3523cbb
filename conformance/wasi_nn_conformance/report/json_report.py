"""`report.json`: the whole run as data, for other programs. Its form is `schema/report.schema.json`."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wasi_nn_conformance import __version__
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.session.wire import PROTOCOL
from wasi_nn_conformance.vectors.clause import Clause

SCHEMA = 1
FILE = "report.json"


class ReportError(Exception):
    """A file that is no report. The message names it and says why."""


def report(
    impl: Mapping[str, Any],
    case_results: Sequence[Mapping[str, Any]],
    clauses: Mapping[str, Clause],
    replay: Sequence[str],
) -> dict[str, Any]:
    """Return the report of a run on `impl` (name, version, command), made by the command `replay`."""
    counts = Counter(case_result["verdict"] for case_result in case_results)
    used = {case_result["clause"] for case_result in case_results}
    return {
        "schema": SCHEMA,
        "suite": {"name": "wasi-nn-conformance", "version": __version__, "protocol": PROTOCOL},
        "impl": dict(impl),
        "replay": list(replay),
        "clauses": {
            name: {
                "level": clause.level.value,
                "text": " ".join(clause.text.split()),
                "source": [source.url for source in clause.sources],
            }
            for name, clause in clauses.items()
            if name in used
        },
        "cases": sorted(
            (dict(case_result) for case_result in case_results), key=lambda case_result: str(case_result["id"])
        ),
        "totals": {verdict.value: counts[verdict.value] for verdict in Verdict} | {"cases": len(case_results)},
    }


def text(data: Mapping[str, Any]) -> str:
    """Write a report as the text of a file."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def read_report(path: Path) -> dict[str, Any]:
    """Read a report, or `report.json` in a folder. Raises `ReportError` if it is none."""
    path = path / FILE if path.is_dir() else path
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        schema("report").validate(data)
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror}") from None
    except RecursionError:
        raise ReportError(f"{path}: this is no report of the suite: it is nested too deeply") from None
    except ValueError as error:
        raise ReportError(f"{path}: this is no report of the suite: {error}") from None
    return data
