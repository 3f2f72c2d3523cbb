"""One module is a new encoding, one record a new ABI: both are added to a copy of the suite, and vectors run on them.

The copy is an installed suite, where vectors and probes lie inside the package. The encoding is one that the ABIs have
a name for and the suite has no models in; the ABI is witx with its enumerations in another order, and without f64.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forking import forking

from wasi_nn_conformance import paths
from wasi_nn_conformance.abi.registry import AUTODETECT, TAGS
from wasi_nn_conformance.fuzz.kinds import KINDS
from wasi_nn_conformance.models import ENCODINGS

MINIATURES = Path(__file__).resolve().parents[1] / "miniatures"
NEW = next(name for name in TAGS["witx"].encodings if name not in ENCODINGS and name != AUTODETECT)
RECORD = """\
    Tag(
        name="witx-next",
        family="witx",
        release="0.2.0-rc-2024-10-28",
        encodings={encodings},
        targets=_TARGETS,
        tensor_types=("u8", "i64", "i32", "f32", "f16"),
        errors={errors},
        pointers=True,
        numbers=True,
        set_input=True,
        get_output=True,
    ),
)

TAGS: Mapping"""
ADAPTER = """\
name = "numpy"
command = [{forks}, "{host}", "{behaviour}", "{{probe}}"]
version = ["/bin/echo", "1"]
abis = ["witx", "witx-next"]
encodings = ["onnx", "{new}"]
"""
PAIRS = ("--abi=witx", "--abi=witx-next", "--encoding=onnx", f"--encoding={NEW}")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the copy."""
    return tmp_path_factory.mktemp("installed")


@pytest.fixture(scope="module")
def run(root: Path) -> Run:
    """Run Python with a copy of the suite that has the new encoding and the new ABI."""
    package = root / "wasi_nn_conformance"
    shutil.copytree(paths.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "data"))
    shutil.copytree(paths.VECTORS, package / "data" / "vectors")
    shutil.copytree(paths.GUESTS, package / "data" / "guests")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 this Python
            [sys.executable, *arguments],
            env=os.environ | {"PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )

    add_encoding(package, run)
    add_tag(package)
    return run


def add_encoding(package: Path, run: Run) -> None:
    """Add one module, and make the bytes of its models."""
    shutil.copy(MINIATURES / "json_encoding.py", package / "models" / "encodings" / f"{NEW}.py")
    done = run("-m", "wasi_nn_conformance.models")
    assert done.returncode == 0, done.stderr


def add_tag(package: Path) -> None:
    """Add one record, and the probe."""
    registry = package / "abi" / "registry.py"
    record = RECORD.format(encodings=TAGS["witx"].encodings[::-1], errors=TAGS["witx"].errors)
    text = registry.read_text("utf-8")
    assert text.count(")\n\nTAGS: Mapping") == 1
    registry.write_text(text.replace(")\n\nTAGS: Mapping", record), "utf-8")
    (package / "data" / "guests" / "probe-witx-next.wasm").touch()  # the miniature is its own probe


@pytest.fixture(scope="module")
def printed(run: Run) -> Callable[..., list[str]]:
    """Run lines of Python in which `library` is that of the copied suite; give the lines that they print."""

    def printed(*lines: str) -> list[str]:
        head = ("from wasi_nn_conformance.run.library import Library", "library = Library()")
        done = run("-c", "\n".join((*head, *lines)))
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return printed


@pytest.fixture(scope="module")
def forks(run: Run, root: Path) -> Iterator[str]:
    """Give the first words of a command, by which miniatures are forked that have the copy."""
    del run  # which makes the copy whole
    with forking(os.environ | {"PYTHONPATH": str(root)}) as words:
        yield json.dumps(words)[1:-1]


@pytest.fixture
def suite(run: Run, forks: str, tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Run the copied suite on a miniature that behaves so; give the verdicts of its cases."""

    def suite(behaviour: str, *options: str) -> dict[str, str]:
        adapter, report = tmp_path / "numpy.toml", tmp_path / "report"
        host = MINIATURES / "numpy_host.py"
        adapter.write_text(ADAPTER.format(forks=forks, host=host, behaviour=behaviour, new=NEW), "utf-8")
        quick = ("-q", "-p", "no:cacheprovider", "--fuzz-examples=0", f"--report={report}")
        done = run("-m", "pytest", "--pyargs", "wasi_nn_conformance", f"--impl={adapter}", *quick, *options)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        cases = json.loads((report / "report.json").read_text("utf-8"))["cases"]
        return {case["id"]: case["verdict"] for case in cases}

    return suite


def test_vectors_run_on_them(suite: Callable[..., dict[str, str]]) -> None:
    verdicts = suite("right", *PAIRS, "--case=context/two-graphs*", "--case=compute/nothing-set*")
    two_graphs = {f"context/two-graphs[{abi}-{name}]" for abi in ("witx", "witx-next") for name in ("onnx", NEW)}
    assert two_graphs <= verdicts.keys()
    assert set(verdicts.values()) == {"pass"}


def test_vectors_fail_on_them(suite: Callable[..., dict[str, str]]) -> None:
    """Wrong numbers on one of them only: where they are found, everything simpler is tried on processes of its own."""
    two_graphs = f"context/two-graphs[witx-next-{NEW}]"
    verdicts = suite("careless", *PAIRS, f"--case={two_graphs}", "--case=compute/nothing-set/model=neg-f32*")
    assert (verdicts.pop(two_graphs), set(verdicts.values())) == ("fail", {"fail"})
    assert {name.partition("[")[2] for name in verdicts} == {
        f"{abi}-{name}]" for abi in ("witx", "witx-next") for name in ("onnx", NEW)
    }


def test_models_are_written_in_the_new_encoding_where_it_has_their_types(printed: Callable[..., list[str]]) -> None:
    written, sayable = printed(
        "models, files = library.models, library.model_files.content",
        f"print(*(name for name in models if '{NEW}/' + name + '.json' in files))",
        "types = {name: {of.element.value for of in model.types().values()} for name, model in models.items()}",
        "print(*(name for name in models if types[name].isdisjoint({'bf16', 'f64', 'i32'})))",
    )
    assert written == sayable
    assert {"sub-f32", "identity-bf16"} - {*written.split()} == {"identity-bf16"}


def test_vectors_run_where_the_new_abi_has_what_they_need(printed: Callable[..., list[str]]) -> None:
    old, new = printed(
        "cases = [case for case in library.all_cases() if case.encoding in (None, 'onnx')]",
        "print(*(case.vector.id for case in cases if case.abi == 'witx'))",
        "print(*(case.vector.id for case in cases if case.abi == 'witx-next'))",
    )
    missing = {*old.split()} - {*new.split()}
    assert {*new.split()} < {*old.split()}
    assert "values/negative/type=f64" in missing
    assert [name for name in missing if "f64" not in name] == []


@pytest.fixture(scope="module")
def drawn(printed: Callable[..., list[str]]) -> dict[str, str]:
    """Draw a hundred conversations of each kind: give whether there are so many, and what cannot be said in them."""
    lines = printed(
        "from pathlib import Path",
        "from wasi_nn_conformance.models import ENCODINGS",
        "from wasi_nn_conformance.fuzz.kinds import kind_of",
        "from wasi_nn_conformance.fuzz.search import settings_of",
        "from wasi_nn_conformance.fuzz.target import FuzzTarget",
        f"target = FuzzTarget('witx-next', '{NEW}', library, False)",
        f"for kind in {tuple(KINDS)}:",
        "    drawn = []",
        "    kind_of(kind)(target, drawn.append, settings_of(120, shrinks=False), 1)",
        "    cases = [target.case(fields, Path('drawn.yaml')) for fields in drawn]",
        "    lost = [case.vector.id for case in cases if target.abi not in case.vector.abis]",
        "    models = {name: {**library.models, **case.vector.own_models}[name] for case in cases"
        " for name in case.vector.models}",
        f"    lost += [name for name, model in models.items() if not ENCODINGS['{NEW}'].can_say(model)]",
        "    print(len(cases) >= 100, lost)",
    )
    return dict(zip(KINDS, lines, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_conversations_are_drawn_on_them(drawn: dict[str, str], kind: str) -> None:
    assert drawn[kind] == "True []"
