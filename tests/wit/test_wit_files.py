"""Our WIT against what the specification declares: as files, and as the built components import it."""

from pathlib import Path

import pytest
from component_types import imports, resolved
from wit_table import TAGS, declared
from wit_text import Document, WitError, parsed

GUESTS = Path(__file__).resolve().parents[2] / "guests"


def document(tag: str) -> Document:
    return parsed((GUESTS / "wit" / tag / "wasi-nn.wit").read_text())


def test_there_is_a_folder_for_each_candidate() -> None:
    assert sorted(path.name for path in (GUESTS / "wit").iterdir()) == list(TAGS)


@pytest.mark.parametrize("tag", TAGS)
def test_package_carries_the_candidates_version(tag: str) -> None:
    assert document(tag).package == f"wasi:nn@0.2.0-rc-{tag}"


@pytest.mark.parametrize("tag", TAGS)
def test_world_ml_imports_every_interface(tag: str) -> None:
    assert {name: sorted(imported) for name, imported in document(tag).worlds.items()} == {"ml": sorted(declared(tag))}


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("interface", ["tensor", "graph", "inference", "errors"])
def test_interface_is_as_declared(tag: str, interface: str) -> None:
    assert document(tag).interfaces[interface] == declared(tag)[interface]


@pytest.mark.parametrize("tag", TAGS)
def test_no_interface_is_missing_or_added(tag: str) -> None:
    assert document(tag).interfaces.keys() == declared(tag).keys()


@pytest.mark.parametrize("tag", TAGS)
def test_probe_imports_every_function_with_its_types(tag: str) -> None:
    assert imports(GUESTS / "prebuilt" / f"probe-wit-{tag}.wasm").functions == resolved(declared(tag))


@pytest.mark.parametrize("tag", TAGS)
def test_probe_imports_one_version(tag: str) -> None:
    assert imports(GUESTS / "prebuilt" / f"probe-wit-{tag}.wasm").versions == {f"0.2.0-rc-{tag}"}


@pytest.mark.parametrize("tag", TAGS)
def test_probe_needs_only_stdio_besides(tag: str) -> None:
    assert imports(GUESTS / "prebuilt" / f"probe-wit-{tag}.wasm").others == {"wasi:cli", "wasi:io"}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("package wasi:nn@1; interface a { record r { x: u32 } }", "':' is wanted where 'r'"),
        ("package wasi:nn@1; interface a { f: func(x u32); }", "':' is wanted where 'u32'"),
        ("package wasi:nn@1; interface a { enum e { x y } }", "',' is wanted where 'y'"),
        ("package wasi:nn@1; interface a {", "a name is wanted where 'the end'"),
        ("package wasi:nn@1; world w { export run; }", "'import' is wanted where 'export'"),
        ("package wasi:nn@1; interface a { /* */ }", "no WIT: '/* */ }'"),
    ],
)
def test_parser_skips_nothing(text: str, part: str) -> None:
    with pytest.raises(WitError) as mistake:
        parsed(text)
    assert part in str(mistake.value)
