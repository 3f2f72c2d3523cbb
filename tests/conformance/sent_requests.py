"""What two runs asked of a host, case by case: a change of how vectors are written must not change what they say.

    python tests/conformance/sent_requests.py REPORT.json             # DIGEST CASE of each case
    python tests/conformance/sent_requests.py BEFORE.json AFTER.json  # exit status 1 where they differ

Compared are the requests of the transcripts, as parsed JSON, and what a case is of: its clause, level, `why` and file.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_REQUEST = "> "
_SAID = ("vector", "clause", "level", "abi", "encoding", "why", "question")


def main(arguments: list[str]) -> int:
    """Print the digests of one report, or the differences of two."""
    parser = argparse.ArgumentParser(prog="sent_requests.py", allow_abbrev=False)
    parser.add_argument("before", type=Path, metavar="BEFORE.json")
    parser.add_argument("after", type=Path, nargs="?", metavar="AFTER.json")
    options = parser.parse_args(arguments)
    before = cases(json.loads(options.before.read_text("utf-8")))
    if options.after is None:
        sys.stdout.writelines(f"{digest(case)} {name}\n" for name, case in sorted(before.items()))
        return 0
    found = list(differences(before, cases(json.loads(options.after.read_text("utf-8")))))
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"{len(before)} cases: {len(found)} differ\n")
    return 1 if found else 0


def cases(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each case of a report is of and the requests that it made, by its id."""
    return {
        case["id"]: {
            **{key: case[key] for key in _SAID},
            "file": case["place"].partition(":")[0],
            "requests": [request(line) for line in case["transcript"] if line.startswith(_REQUEST)],
        }
        for case in report["cases"]
    }


def request(line: str) -> Any:
    """Return the request that a line of a transcript shows; one that was cut for its length, as its text."""
    text = line.removeprefix(_REQUEST)
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def digest(case: Mapping[str, Any]) -> str:
    """Return twelve letters and digits for what a case asks."""
    return hashlib.sha256(json.dumps(case["requests"], sort_keys=True).encode()).hexdigest()[:12]


def differences(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Return a line for each case that only one has, and for each that is not the same in both."""
    for name in sorted(before.keys() | after.keys()):
        if name not in after or name not in before:
            yield f"{name}: only {'before' if name in before else 'after'}"
        elif changed := [key for key in before[name] if before[name][key] != after[name][key]]:
            yield f"{name}: {', '.join(changed)} differ"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
