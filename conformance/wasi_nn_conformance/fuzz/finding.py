"""A failure of a generated conversation: what tells it from others, and the file that it becomes."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from wasi_nn_conformance.results.case_result import CaseResult
from wasi_nn_conformance.results.violation import ENDS

from .features import clauses_tried
from .target import Fields, FuzzTarget

FOLDER = "regressions"
"""The folder in that of a report which the files of findings are written into."""

_PLAIN = re.compile(r"(?!(?i:y|n|yes|no|on|off|true|false|null)\Z)[A-Za-z][\w./ ;,'()-]*(?<! )", re.ASCII)
"""Text that every reader of YAML takes for text."""


@dataclass(frozen=True)
class Finding:
    """One failure, shrunk. `fields` is the vector, `case_result` what came of it.

    `replays` tells whether a fresh process of the host fails in the same way.
    """

    fields: Fields
    case_result: CaseResult
    replays: bool

    @property
    def name(self) -> str:
        """The name of its file."""
        return file_name(self.case_result)

    def json(self) -> dict[str, Any]:
        """Return the finding as plain data: its result, its file's name and text."""
        return {"name": self.name, "text": self.text, "case_result": self.case_result.json(), "replays": self.replays}

    @property
    def text(self) -> str:
        """The vector as a file of vectors."""
        return written(self.fields)


def file_name(case_result: CaseResult) -> str:
    """Return the name of the file that a finding is kept in."""
    return re.sub(r"[/\[]", "-", case_result.id.removeprefix("fuzz/").removesuffix("]")) + ".yaml"


def signature(case_result: CaseResult) -> str:
    """Return what failures of one cause have in common: verdict, clause, and the causes of the violations.

    The death of a host is one cause whatever clause it was met with.
    """
    causes = dict.fromkeys(json.dumps(violation.cause) for violation in case_result.violations)
    clause = "" if _is_end(case_result) else case_result.clause
    return "; ".join([case_result.verdict, clause, *causes])


def suspected(fields: Fields, case_result: CaseResult) -> frozenset[str]:
    """Return the misuses that a failing conversation has, by their clauses: two may have one signature.

    Those of a host that said what it died of are one by that.
    """
    has_words = _is_end(case_result) and any(violation.said for violation in case_result.violations)
    return frozenset() if has_words else frozenset(clauses_tried(fields["steps"]))


def _is_end(case_result: CaseResult) -> bool:
    return any(violation.kind in ENDS for violation in case_result.violations)


def digest(fields: Fields, case_result: CaseResult) -> str:
    """Return eight letters and digits for a finding's signature and what is suspected of it."""
    told = ", ".join([signature(case_result), *sorted(suspected(fields, case_result))])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def named(fields: Fields, case_result: CaseResult, target: FuzzTarget) -> Fields:
    """Return the vector of a finding: for this ABI and encoding, with an id of its own and the clause it broke."""
    own = {"id": f"{fields['id']}/{digest(fields, case_result)}", "clause": case_result.clause}
    rest = {key: value for key, value in fields.items() if key not in ("id", "clause", "abi", "encoding")}
    encoding = {"encoding": [target.encoding]} if case_result.encoding else {}
    return {**own, "why": rest.pop("why"), "abi": [target.abi], **encoding, **rest}


def size(fields: Fields) -> int:
    """Return the measure by which one failing conversation is smaller than another."""
    return len(json.dumps(fields))


def written(fields: Fields) -> str:
    """Write a vector as YAML, as a file of one."""
    text: str = yaml.dump([fields], Dumper=_Dumper, sort_keys=False, width=116)
    return text


def write(folder: Path, found: dict[str, Any]) -> Path:
    """Write the file of a finding into `folder`. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / str(found["name"])
    path.write_text(found["text"], "utf-8")
    return path


class _Dumper(yaml.SafeDumper):
    """Writes what is short on one line, and quotes what YAML 1.1 would misread."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write each value where it stands."""
        del data
        return True


def _mapping(dumper: _Dumper, data: dict[str, Any]) -> yaml.MappingNode:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=False)
    node.flow_style = len(json.dumps(data)) < 100 and "steps" not in data
    return node


def _sequence(dumper: _Dumper, data: list[Any]) -> yaml.SequenceNode:
    whole = any(isinstance(item, dict) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=not whole)


def _text(dumper: _Dumper, data: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=None if _PLAIN.fullmatch(data) else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _sequence)
