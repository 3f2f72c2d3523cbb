"""Faults in the names of inputs and outputs."""

from __future__ import annotations

from mutant import WIT_08_19, WIT_10_28

from faults.wit import fault

fault(
    "name-in-any-case",
    "capitals in the name of an input do not count",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name.lower() == name.lower()",
    clauses=("input.unknown-name", "output.unknown-name", "input.any-name"),
)
fault(
    "name-of-any-prefix",
    "the beginning of a name is enough",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name.startswith(name)",
    WIT_08_19,
    clauses=("input.unknown-name", "output.unknown-name", "input.any-name"),
)
fault(
    "name-trimmed",
    "spaces around a name do not count",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name == name.strip()",
    WIT_10_28,
    clauses=("input.unknown-name", "input.any-name"),
)
fault(
    "name-or-index",
    "an index is as good as a name",
    "abi.wit.operations:_index",
    "port.name == name",
    "name in (port.name, str(index))",
    WIT_08_19,
    clauses=("input.unknown-name", "output.unknown-name", "input.any-name"),
)
fault(
    "only-name-is-any",
    "a model's only input or output has every name",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name == name or len(ports) == 1",
    WIT_08_19,
    clauses=("input.unknown-name", "input.unknown-index", "output.unknown-name"),
)
fault(
    "sixteen-inputs",
    "the first sixteen inputs or outputs are found by their names",
    "abi.wit.operations:_index",
    "enumerate(ports)",
    "enumerate(ports[:16])",
    clauses=("input.any-name",),
)
for _name, _breaks, _spelled in (
    (
        "separators-alike",
        "dots, slashes and dashes in a name count as underscores",
        "NAME.translate({45: 95, 46: 95, 47: 95})",
    ),
    (
        "zero-width-unseen",
        "signs of no width do not count in a name",
        "NAME.replace('\\u200b', '').replace('\\ufeff', '')",
    ),
    ("compatible-forms", "letters that are written alike are one", "__import__('unicodedata').normalize('NFKC', NAME)"),
    ("signs-beyond-16-bits", "all signs beyond 16 bits are one", "''.join(min(each, '\\uffff') for each in NAME)"),
):
    fault(
        _name,
        _breaks,
        "abi.wit.operations:_index",
        "port.name == name",
        f"{_spelled.replace('NAME', 'port.name')} == {_spelled.replace('NAME', 'name')}",
        clauses=("input.unknown-name", "input.any-name"),
    )
fault(
    "name-is-a-pattern",
    "a name is searched for as a pattern",
    "abi.wit.operations:_index",
    "port.name == name",
    "port.name == name or __import__('fnmatch').fnmatchcase(port.name, name)",
    WIT_08_19,
    clauses=("input.unknown-name", "output.unknown-name"),
)
fault(
    "long-unknown-name-dies",
    "an unknown name of an input or output of more than 200 letters ends the host",
    "abi.wit.operations:_index",
    "there = ",
    "if len(name) > 200:\n        import os\n        os.abort()\n    there = ",
    WIT_08_19,
    clauses=("input.unknown-name", "output.unknown-name"),
)
fault(
    "long-unknown-graph-dies",
    "a name of more than 1,000 bytes that no graph has ends the host",
    "abi.wit.operations:Operations.load_by_name",
    "return self._host.load_by_name(name)",
    "try:\n        return self._host.load_by_name(name)\n"
    "    except WasiNnError:\n"
    "        if len(name.encode()) > 1000:\n            import os\n            os.abort()\n        raise",
    WIT_10_28,
    clauses=("load-by-name.unknown",),
)
