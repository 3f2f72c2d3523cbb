"""The form of `report.json` as a JSON Schema, made from the classes of a report.

`python -m wasi_nn_conformance.report.form` writes it to `vectors/schema/report.schema.json`.
"""

import json

import msgspec

from wasi_nn_conformance.paths import SCHEMAS

from .data import Report

FILE = SCHEMAS / "report.schema.json"


def text() -> str:
    """Return the schema as the text of its file."""
    form = msgspec.json.schema(Report)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "report.json: one run of the suite on one host",
    }
    return json.dumps(head | form, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
