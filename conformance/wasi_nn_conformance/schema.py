"""The JSON Schemas (draft 2020-12) of everything that people write and of the report that we write."""

import json
from functools import cache

from jsonschema import Draft202012Validator

from .places import SCHEMAS


@cache
def schema(name: str) -> Draft202012Validator:
    """Give the validator of `vectors/schema/NAME.schema.json`."""
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8")))
