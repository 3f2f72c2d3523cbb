"""`report.json`: the whole run as data, for other programs. Its form is `schema/report.schema.json`."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wasi_nn_conformance import __version__
from wasi_nn_conformance.probe import PROTOCOL
from wasi_nn_conformance.verdict import Verdict

SCHEMA = 1
FILE = "report.json"


def report(impl: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the report of a run on `impl` (name, version, command)."""
    counts = Counter(record["verdict"] for record in records)
    return {
        "schema": SCHEMA,
        "suite": {"name": "wasi-nn-conformance", "version": __version__, "protocol": PROTOCOL},
        "impl": dict(impl),
        "cases": sorted((dict(record) for record in records), key=lambda record: str(record["id"])),
        "totals": {verdict.value: counts[verdict.value] for verdict in Verdict} | {"cases": len(records)},
    }


def write_report(folder: Path, data: Mapping[str, Any]) -> Path:
    """Write the report into `folder`, which is made if it is not there. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path
