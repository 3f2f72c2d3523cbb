"""The form of `report.json` as a JSON Schema, made from the classes of a report.

`python -m wasi_nn_conformance.report.form` writes it to `vectors/schema/report.schema.json`.
"""

import json
from inspect import cleandoc
from typing import Any

import msgspec

from wasi_nn_conformance.paths import SCHEMAS

from .data import Report

FILE = SCHEMAS / "report.schema.json"


def text() -> str:
    """Return the schema as the text of its file."""
    form = _described(msgspec.json.schema(Report))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json: one run of the suite on one host",
    }
    return json.dumps(head | form, indent=2) + "\n"


def _described(form: Any) -> Any:
    """Return a schema whose descriptions are not indented: whether they are depends on the release of msgspec."""
    if isinstance(form, list):
        return [_described(part) for part in form]
    if not isinstance(form, dict):
        return form
    return {
        key: cleandoc(part) if key == "description" and isinstance(part, str) else _described(part)
        for key, part in form.items()
    }


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
