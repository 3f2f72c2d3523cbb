"""The pages that people read: what they name exists, and the drawings of the rooms are the import graph."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

import wasi_nn_cli
import wasi_nn_conformance
import wasi_nn_reference
from import_graph import Package, room
from wasi_nn_cli.program import COMMANDS
from wasi_nn_conformance.paths import IMPLS
from wasi_nn_conformance.pytest_plugin.options import add_options
from wasi_nn_conformance.results.verdict import Verdict
from wasi_nn_conformance.results.violation import KINDS
from wasi_nn_conformance.run.adapter import known_adapters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HOUSE = Path(__file__).resolve().parents[1]
ROOTS = [Path(package.__file__).parent for package in (wasi_nn_conformance, wasi_nn_reference, wasi_nn_cli)]
PAGES = sorted(
    [*HOUSE.glob("*.md"), *HOUSE.glob("docs/*.md"), *HOUSE.glob("examples/*.md"), *HOUSE.glob("examples/*/*.md")]
)
CODE = sorted(path for root in ROOTS for path in root.rglob("*.py"))
ARCHITECTURE = HOUSE / "docs" / "architecture.md"

# `run/judge.py:judge`, or the module alone.
NAME_IN_CODE = re.compile(r"`([\w./-]+\.py)(?::([\w.]+))?`")
FILE = re.compile(r"`((?:bench|cli|conformance|docs|examples|guests|reference|runtimes|tests|vectors)/[\w./-]+\.\w+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text(page: Path) -> str:
    return page.read_text("utf-8")


# The modules that pages tell their reader to write.
TO_BE_WRITTEN = {"tensorflowlite.py"}


def names_in_code() -> Iterator[tuple[Path, str, str]]:
    for page in PAGES:
        for path, name in dict.fromkeys(NAME_IN_CODE.findall(text(page))):
            if path not in TO_BE_WRITTEN:
                yield page, path, name


def module(path: str) -> Path | None:
    """Return the module of that path below a package or the repository, or the one whose path ends like this."""
    exact = [folder / path for folder in (*ROOTS, HOUSE) if (folder / path).is_file()]
    if exact:
        return exact[0]
    alike = [name for name in tracked() if f"/{name}".endswith(f"/{path}")]
    return HOUSE / alike[0] if len(alike) == 1 else None


@cache
def tracked() -> tuple[str, ...]:
    folders = ("bench", "cli", "conformance", "examples", "guests", "reference", "runtimes", "tests", "vectors")
    return tuple(str(path.relative_to(HOUSE)) for folder in folders for path in (HOUSE / folder).rglob("*.py"))


@cache
def defined(path: Path) -> frozenset[str]:
    """Return what a module defines, and what its classes do as `Class.name`."""
    return frozenset(_defined(ast.parse(path.read_text("utf-8")).body, ""))


def _defined(body: list[ast.stmt], within: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield within + node.name
            if isinstance(node, ast.ClassDef):
                yield from _defined(node.body, f"{within}{node.name}.")
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (within + target.id for target in targets if isinstance(target, ast.Name))


@pytest.mark.parametrize(
    ("page", "path", "name"), list(names_in_code()), ids=lambda value: value.name if isinstance(value, Path) else value
)
def test_a_name_of_the_code_exists(page: Path, path: str, name: str) -> None:
    found = module(path)
    assert found is not None, f"{page.name}: there is no {path}"
    assert not name or name in defined(found), f"{page.name}: {path} defines no {name}"


def test_what_is_not_defined_is_found() -> None:
    judge = module("run/judge.py")
    assert judge is not None
    assert {"judge", "_answer"} <= defined(judge)
    assert "decide" not in defined(judge)
    assert module("run/jury.py") is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_file_that_is_named_exists(page: Path) -> None:
    # Words in capitals stand for something: `vectors/regressions/KIND.yaml`.
    named = {name for name in FILE.findall(text(page)) if not re.search(r"\b[A-Z]{2,}\b", name)}
    assert {name for name in named if not (HOUSE / name).exists() and module(name) is None} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in set(LINK.findall(text(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (heading and heading not in headings(target)):
            broken.append(link)
    assert broken == []


@cache
def headings(page: Path) -> frozenset[str]:
    """Return the anchors of a page, as GitHub makes them of its headings."""
    titles = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    words = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
    return frozenset(words) | frozenset(re.findall(r'<a (?:id|name)="([^"]+)"', text(page)))


def test_environments_of_tox_exist() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(HOUSE / "tox.ini", "utf-8")
    there = {section.removeprefix("testenv:") for section in tox.sections()} | {"tests"}
    named = {name for page in PAGES for name in re.findall(r"tox -e ([\w.-]+)", text(page))}
    assert named
    assert named - there == set()


def test_subcommands_exist() -> None:
    named = {name for page in PAGES for name in re.findall(r"(?:^|[`$] ?)wasi-nn ([a-z]\S*?)(?=[\s`])", text(page))}
    assert named
    assert named - set(COMMANDS) == set()


def test_every_option_of_the_suite_is_described() -> None:
    options: list[str] = []

    def add(*names: str, **_: object) -> None:
        options.extend(name for name in names if name.startswith("--"))

    add_options(lambda _: add)
    pages = text(HOUSE / "README.md") + text(HOUSE / "docs" / "fuzzing.md")
    assert options
    assert [option for option in options if f"`{option}" not in pages] == []


SUITE, REFERENCE = (Package(root) for root in ROOTS[:2])


def rooms(package: Package) -> set[str]:
    return {room(name) for name in package.modules} - {""}


def arrows(package: Package) -> set[tuple[str, str]]:
    """Return which room imports which, without what follows from others."""
    imported: dict[str, set[str]] = {}
    for importer, name in package.arrows:
        if room(importer) != room(name) and room(importer) and room(name):
            imported.setdefault(room(importer), set()).add(room(name))
    return {
        (importer, one)
        for importer, all_of_it in imported.items()
        for one in all_of_it
        if not any(one in _below(imported, other) for other in all_of_it - {one})
    }


def _below(imported: Mapping[str, set[str]], top: str) -> set[str]:
    found: set[str] = set()
    left = [top]
    while left:
        new = imported.get(left.pop(), set()) - found
        found |= new
        left.extend(new)
    return found


def part(title: str) -> str:
    """Return the part of the page about the architecture that begins with a title."""
    return text(ARCHITECTURE).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("package", "title"), [(SUITE, "The rooms of the suite"), (REFERENCE, "The rooms of the reference host")]
)
def test_the_drawing_is_the_import_graph(package: Package, title: str) -> None:
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", part(title), re.MULTILINE))
    assert drawn == arrows(package)


@pytest.mark.parametrize(
    ("package", "title"), [(SUITE, "The rooms of the suite"), (REFERENCE, "The rooms of the reference host")]
)
def test_each_room_has_its_line(package: Package, title: str) -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", part(title), re.MULTILINE)) == rooms(package)


def test_what_is_cited_is_this_version() -> None:
    project = tomllib.loads(text(HOUSE / "pyproject.toml"))["project"]
    cited = yaml.safe_load(text(HOUSE / "CITATION.cff"))
    assert (str(cited["version"]), cited["license"]) == (project["version"], project["license"])


def test_the_table_of_adapters_is_complete() -> None:
    row = re.compile(r"^\| `([\w-]+)` \| .* \| ([^|]*) \| ([a-z, ]+) \|$", re.MULTILINE)
    written = {name: (abis, encodings) for name, abis, encodings in row.findall(text(HOUSE / "README.md"))}
    adapters = {name: tomllib.loads((IMPLS / f"{name}.toml").read_text("utf-8")) for name in known_adapters()}
    assert written == {
        name: (", ".join(data["abis"]).replace("wit-", "WIT ", 1).replace("wit-", ""), ", ".join(data["encodings"]))
        for name, data in adapters.items()
    }


def test_every_kind_of_violation_is_described() -> None:
    table = text(HOUSE / "docs" / "verdicts.md").partition("| kind |")[2]
    cells = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    assert [kind for cell in cells for kind in re.findall(r"`(\w+)`", cell)] == list(KINDS)


def test_every_verdict_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", text(HOUSE / "docs" / "verdicts.md").partition("\n## ")[0], re.MULTILINE)
    assert sorted(rows) == sorted(Verdict)


# Words that the glossary has others for, and first words of docstrings that have one form: "Return ...".
OLD_WORDS = re.compile(r"\b(scenes?|culprits?|in vain|shak(?:e|es|ing) hands|drawn conversations?)\b", re.IGNORECASE)
OTHER_FORMS = {"Returns", "Say", "Says", "Tell", "Tells", "Give", "Gives", "Whether"}


@pytest.mark.parametrize("path", [*PAGES, *CODE], ids=lambda path: str(path.relative_to(HOUSE)))
def test_words_are_those_of_the_glossary(path: Path) -> None:
    assert OLD_WORDS.findall(text(path)) == []


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_docstring_of_a_function_begins_with_a_verb_of_one_form(path: Path) -> None:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    functions = [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, kinds)]
    docstrings = [docstring for function in functions if (docstring := ast.get_docstring(function))]
    assert [each for each in docstrings if each.split()[0] in OTHER_FORMS] == []
