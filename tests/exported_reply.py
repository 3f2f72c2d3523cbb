"""A reply held against what an exported case wants, as docs/export.md says: nothing here but JSON and numpy."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def kind_of(reply: dict[str, Any]) -> str:
    """Return the kind of an outcome that has a reply."""
    if "error" in reply:
        return "refused"
    return "error" if reply.get("errno") or reply.get("result") == "err" else "ok"


def faults(
    wanted: dict[str, Any], reply: dict[str, Any], replies: dict[int, Any], errno: list[str], folder: Path
) -> Iterator[str]:
    """Check one reply as docs/export.md says. errno: names by number. folder: the export."""
    code = reply.get("code") or errno[reply.get("errno", 0)]
    if wanted.get("only", code) != code:
        yield f"error {code} where {wanted['only']} was wanted"
    yield from (f"{key} is {reply[key]}" for key, value in wanted.get("equal", {}).items() if reply[key] != value)
    yield from (f"{key} is {reply[key]}" for key, value in wanted.get("differ", {}).items() if reply[key] == value)
    for key, line in wanted.get("same_as", {}).items():
        if reply[key] != replies[line][key]:
            yield f"{key} is {reply[key]!r} and was {replies[line][key]!r}"
    yield from (
        f"{reply['value']} is as in line {line}"
        for line in wanted.get("unlike", ())
        if reply["value"] == replies[line].get("value")
    )
    if "hides" in wanted and any(str(place) in reply.get("data", "") for place in (folder, Path.home(), Path.cwd())):
        yield f"{reply['data']!r} names a place of this machine"
    if set(reply.get("changed", ())) - set(wanted.get("changed_only", ())):
        yield f"changed {reply['changed']}"
    for name, state in wanted.get("slots", {}).items():
        if (reply["slots"][name] == 0xDEADBEEF) != (state == "untouched"):
            yield f"slot {name} is not {state}"
    if "tensor" in wanted:
        yield from tensor_faults(wanted["tensor"], reply)
    if "outputs" in wanted:
        yield from output_faults(wanted, reply["outputs"])


def output_faults(wanted: dict[str, Any], outputs: list[dict[str, Any]]) -> Iterator[str]:
    by_name = [[o for o in outputs if o["name"] in output["names"]] for output in wanted["outputs"]]
    if len(outputs) != len(wanted["outputs"]) or (wanted["own_names"] and any(len(found) != 1 for found in by_name)):
        yield f"the outputs are {[output['name'] for output in outputs]}"
        return
    if any(len(found) != 1 for found in by_name):
        by_name = [[output] for output in outputs]
    for output, found in zip(wanted["outputs"], by_name, strict=True):
        if "tensor" in output:
            yield from tensor_faults(output["tensor"], found[0])


def tensor_faults(wanted: dict[str, Any], reply: dict[str, Any]) -> Iterator[str]:
    if (
        reply.get("type", wanted["type"]) != wanted["type"]
        or reply.get("dims", wanted["dims"][0]) not in wanted["dims"]
    ):
        yield f"{reply['type']} {reply['dims']} where {wanted['type']} {wanted['dims']} was wanted"
        return
    got, right = base64.b64decode(reply["data"]), base64.b64decode(wanted["data"])
    floats = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8"}
    if got != right and not (
        wanted["nan"] == "any"
        and wanted["type"] in floats
        and len(got) == len(right)
        and same_numbers(np.frombuffer(got, floats[wanted["type"]]), np.frombuffer(right, floats[wanted["type"]]))
    ):
        yield f"data is {got.hex()} where {right.hex()} was wanted"


def same_numbers(got: Any, right: Any) -> bool:
    bits = f"<u{got.itemsize}"
    return bool(np.all((got.view(bits) == right.view(bits)) | (np.isnan(got) & np.isnan(right))))
