"""`report.json`: the whole run as data, for other programs."""

import json
from pathlib import Path
from typing import Any

import msgspec

from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.results.causes import likely_causes

from .data import SCHEMA, Report

FILE = "report.json"
_BEFORE_BLOCKED = 2


class ReportError(Exception):
    """A file that is no report. The message names it and says why."""


def text(report: Report) -> str:
    """Write a report as the text of a file."""
    # Not by msgspec: it refuses the halves of surrogate pairs that the words of a host may hold.
    return json.dumps(msgspec.to_builtins(report), indent=1, ensure_ascii=False) + "\n"


def read_report(path: Path) -> Report:
    """Read a report, or `report.json` in a folder. Raises `ReportError` if it is none."""
    path = path / FILE if path.is_dir() else path
    try:
        return _report(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror}") from None
    except _NewerError as error:
        raise ReportError(f"{path}: {error}") from None
    except RecursionError:
        raise ReportError(f"{path}: this is no report of the suite: it is nested too deeply") from None
    except ValueError as error:
        raise ReportError(f"{path}: this is no report of the suite: {error}") from None


class _NewerError(Exception):
    """A report of a form that this suite does not know."""


def _report(data: Any) -> Report:
    written_in = data.get("schema") if isinstance(data, dict) else None
    if isinstance(written_in, int) and written_in > SCHEMA:
        raise _NewerError(
            f"this report has schema {written_in}, and this version of the suite reads schemas up to {SCHEMA}:"
            " a newer wasi-nn-conformance reads it"
        )
    if written_in == SCHEMA:
        return msgspec.convert(data, Report)
    read = msgspec.convert(_with_blocked(data if written_in == _BEFORE_BLOCKED else _upgraded(data)), Report)
    return msgspec.structs.replace(read, causes=tuple(likely_causes(read.cases, list(read.clauses))))


def _with_blocked(data: dict[str, Any]) -> dict[str, Any]:
    """Return a report of schema 2 in the form of today: no case was blocked then, and causes were not told."""
    schema("report-2").validate(data)
    return {**data, "schema": SCHEMA, "causes": [], "totals": {**data["totals"], "blocked": 0}}


def _upgraded(data: Any) -> dict[str, Any]:
    """Return a report of schema 1 in the form of schema 2; what it does not have stays empty."""
    schema("report-1").validate(data)
    clauses = {name: {**clause, "source": [clause["source"]]} for name, clause in data["clauses"].items()}
    fuzz = data.get("fuzz")
    if fuzz:
        fuzz = {**fuzz, "searches": [_upgraded_search(search) for search in fuzz["searches"]]}
    return {**data, "schema": _BEFORE_BLOCKED, "run": None, "clauses": clauses, "fuzz": fuzz}


def _upgraded_search(search: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in search.items() if key != "reached"}
    return {**rest, "exercised": search["reached"]}
