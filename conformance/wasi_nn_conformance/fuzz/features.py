"""What a generated conversation exercised: functions called, types, ranks, operations of models, and misuses."""

import re
from collections.abc import Iterator
from typing import Any

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.verdict import Verdict

from .target import Fields

_CALL = re.compile(r'^> \{"call":"(\w+)"')
_TENSOR = {"type", "shape", "data"}


def exercised(fields: Fields, case_result: CaseResult) -> Iterator[str]:
    """Return each feature that the conversation exercised, once, in a fixed order."""
    found = {f"call {match[1]}" for line in case_result.transcript if (match := _CALL.match(line))}
    found |= {f"operation {name}" for model in fields.get("models", {}).values() for name in _operations(model)}
    for tensor in _tensors(fields["steps"]):
        found.add(f"type {tensor['type']}" if isinstance(tensor["type"], str) else "type out of range")
        found.add(f"rank {len(tensor['shape'])}")
    found |= {f"misuse {clause}" for clause in clauses_tried(fields["steps"])}
    found.add(f"verdict {Verdict(case_result.verdict).value}")
    yield from sorted(found)


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.keys() >= _TENSOR:
            yield value
        else:
            for item in value.values():
                yield from _tensors(item)
    elif isinstance(value, list):
        for item in value:
            yield from _tensors(item)


def clauses_tried(steps: list[Any]) -> Iterator[str]:
    """Return the clauses that single steps speak of: a misuse names the one that it tries."""
    for step in steps:
        if "clause" in step:
            yield step["clause"]
        for nested in ("fails_by", "may_fail", "then"):
            yield from clauses_tried(step.get(nested, []))


def _operations(model: dict[str, Any]) -> Iterator[str]:
    pending = list(model["outputs"].values())
    while pending:
        expression = pending.pop()
        if isinstance(expression, str):
            yield "identity"
        elif isinstance(expression, dict) and len(expression) == 1:
            ((name, arguments),) = expression.items()
            yield name
            if isinstance(arguments, list):
                pending += arguments
            elif isinstance(arguments, dict):
                pending += arguments["of"] if isinstance(arguments.get("of"), list) else [arguments.get("of")]
            else:
                pending.append(arguments)
