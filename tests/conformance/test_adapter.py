import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wasi_nn_conformance.formats.document import read_toml
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.paths import IMPLS
from wasi_nn_conformance.run.adapter import Adapter, AdapterError, known_adapters, read_adapter

Writer = Callable[[str, str], Path]

MINIMAL = """\
name = "mine"
command = ["{program}", "--run", "{graphs}", "{probe}"]
version = ["{program}", "--version"]
abis = ["witx"]
encodings = ["openvino"]
"""
PROGRAM = """\
[program]
names = ["no-such-program-1", "no-such-program-2"]
variable = "MINE"
install = "build it with `make`"
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_text("#!/bin/sh\n", "ascii")
    path.chmod(0o755)
    return path


@pytest.fixture
def mine(write: Writer, program: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Adapter]:
    """Read the minimal adapter with more text, its program given by the variable."""
    monkeypatch.setenv("MINE", str(program))
    return lambda text: read_adapter(str(write("mine.toml", MINIMAL + PROGRAM + text)))


@pytest.mark.parametrize("name", ["iwasm", "reference", "wasmedge", "wasmtime"])
def test_a_shipped_adapter_is_known(name: str) -> None:
    assert name in known_adapters()


@pytest.mark.parametrize("name", known_adapters())
def test_a_shipped_adapter_fits_the_schema(name: str) -> None:
    read_toml(IMPLS / f"{name}.toml").check(schema("adapter"))


def test_a_module_of_the_working_folder_is_none_of_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wasi_nn_cli.py").write_text("raise SystemExit('the wrong one')", "ascii")
    monkeypatch.chdir(tmp_path)
    adapter = read_adapter("reference")
    [*command, _] = adapter.argv(tmp_path, {})
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, check=False)  # noqa: S603 our own host
    assert (done.returncode, done.stderr, adapter.version().startswith("wasi-nn ")) == (0, "", True)


@pytest.mark.parametrize("path", sorted(IMPLS.glob("*.known-failures.toml")), ids=lambda path: path.name)
def test_shipped_expectations_fit_the_schema(path: Path) -> None:
    read_toml(path).check(schema("known-failures"))


@pytest.mark.parametrize("name", ["iwasm", "wasmedge", "wasmtime"])
def test_a_shipped_adapter_is_read(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(name.upper(), sys.executable)
    (tmp_path / "libopenvino_c.so").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert read_adapter(name).name == name


def test_the_reference_is_started_with_this_python() -> None:
    assert read_adapter("reference").command[0] == sys.executable


def test_command_for_a_probe_and_its_graphs(mine: Callable[[str], Adapter], program: Path) -> None:
    adapter = mine('[graphs]\nopenvino = ["--graph", "{name}={directory}"]\n')
    graphs = {"a": ("openvino", Path("/m/a")), "b": ("openvino", Path("/m/b"))}
    assert adapter.argv(Path("/p.wasm"), graphs) == [
        *(str(program), "--run", "--graph", "a=/m/a", "--graph", "b=/m/b", "/p.wasm"),
    ]


def test_environment_is_added_to_that_of_the_suite(
    mine: Callable[[str], Adapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEPT", "1")
    environment = mine('[environment]\nPYTHON = "{python}"\n').process_environment()
    assert (environment["KEPT"], environment["PYTHON"]) == ("1", sys.executable)


def test_exit_codes_and_limits_are_read(mine: Callable[[str], Adapter]) -> None:
    adapter = mine("[exit]\ntrap = [134]\n[limits]\ncall_seconds = 0.5\n")
    assert (adapter.exit_codes.trap, adapter.exit_codes.host_error, adapter.limits.call_seconds) == ({134}, set(), 0.5)


def test_a_program_is_found_on_the_path(write: Writer) -> None:
    text = MINIMAL + '[program]\nnames = ["no-such-program", "sh"]\n'
    assert read_adapter(str(write("mine.toml", text))).command[0].endswith("/sh")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (MINIMAL + 'colour = "red"\n' + PROGRAM, "mine.toml:6: unknown key 'colour'; known here: abis, command,"),
        (MINIMAL + PROGRAM + "path = 1\n", "mine.toml:10: program: unknown key 'path'; known here: install, names"),
        (MINIMAL.replace('["witx"]', '"witx"') + PROGRAM, "mine.toml:4: abis: 'witx' is not of type 'array'"),
        (MINIMAL + 'targets = ["cpu"]\n' + PROGRAM, "mine.toml:6: targets is no key any more: the text leaves it to"),
        (MINIMAL.replace("command", "comand") + PROGRAM, "mine.toml:2: unknown key 'comand'; known here: abis, "),
        (
            MINIMAL + PROGRAM.replace("names", "name"),
            "mine.toml:7: program: unknown key 'name'; known here: install, names, variable; did you mean 'names'?",
        ),
        (
            MINIMAL.replace("{probe}", "{prob}") + PROGRAM,
            (
                "mine.toml:2: command: {prob} stands for nothing; known here: {program}, {python}, {cache}, {probe}, "
                "{graphs}; did you mean '{probe}'?"
            ),
        ),
        (
            MINIMAL.replace("{graphs}", "--graphs={graphs}") + PROGRAM,
            "mine.toml:2: command: {graphs} stands for many arguments: make it one of its own",
        ),
        (
            MINIMAL.replace('"--version"', '"{probe}"') + PROGRAM,
            "mine.toml:3: version: {probe} stands for nothing; known here: {program}, {python}, {cache}",
        ),
        (
            MINIMAL + PROGRAM + '[graphs]\nopenvino = ["{nam}:{directory}"]\n',
            (
                "mine.toml:11: graphs.openvino: {nam} stands for nothing; known here: {program}, {python}, {cache}, "
                "{name}, {directory}; did you mean '{name}'?"
            ),
        ),
        (
            MINIMAL + PROGRAM + '[environment]\nHOME = "{pyton}/.."\n',
            "mine.toml:11: environment.HOME: {pyton} stands for nothing; known here: {program}, {python}, {cache}; did",
        ),
        (
            MINIMAL + PROGRAM.replace("no-such-program-2", "{cach}/x"),
            "mine.toml:7: program.names: {cach} stands for nothing; known here: {python}, {cache}; did you mean",
        ),
        (MINIMAL + PROGRAM + "[limits]\ncall_seconds = 0\n", "mine.toml:11: limits.call_seconds: 0 is less than or"),
        (MINIMAL.replace('name = "mine"\n', "") + PROGRAM, "mine.toml: 'name' is a required property"),
        (MINIMAL.replace(', "{probe}"', "") + PROGRAM, "mine.toml:2: command: {probe} is missing"),
        (MINIMAL + "name = 1\n", "mine.toml:6: not TOML: "),
        (MINIMAL, "mine.toml:2: command: {program} stands for what [program] names: add that table"),
        (MINIMAL + PROGRAM + '[graphs]\nonnx = ["x"]\n', "mine.toml:11: onnx is not among the encodings"),
        (
            MINIMAL.replace('"{graphs}", ', "") + PROGRAM + '[graphs]\nopenvino = ["x"]\n',
            "mine.toml:10: the command has no argument {graphs}, so no graph would be registered",
        ),
        (
            'environment_from = "no_such_module:f"\n' + MINIMAL + PROGRAM,
            "mine.toml:1: no_such_module:f cannot be called: No module named 'no_such_module'",
        ),
    ],
)
def test_a_mistake_in_an_adapter_is_named(
    write: Writer, program: Path, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    monkeypatch.setenv("MINE", str(program))
    with pytest.raises(AdapterError, match=rf"/{re.escape(complaint)}"):
        read_adapter(str(write("mine.toml", text)))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("return '/here'", "returns '/here'; wanted: a dict of variables and their values, both text"),
        ("return None", "returns None; wanted: a dict"),
        ("return {'A': 1}", "returns {'A': 1}; wanted: a dict"),
        ("return {'A': '\\0'}", r"returns {'A': '\x00'}; wanted: a dict"),
        ("return {'A=B': ''}", "returns {'A=B': ''}; wanted: a dict"),
        ("return {'': 'a'}", "returns {'': 'a'}; wanted: a dict"),
        ("return 1 / 0", "raises ZeroDivisionError('division by zero')"),
        ("import no_such_module", "raises ModuleNotFoundError(\"No module named 'no_such_module'\")"),
        ("raise SystemExit(3)", "raises SystemExit(3)"),
        ("pass\n1 / 0", "cannot be called: division by zero"),
        ("pass\nvariables = 7", "raises TypeError(\"'int' object is not callable\")"),
    ],
)
def test_a_function_that_gives_no_environment_is_named(
    mine: Callable[[str], Adapter], write: Writer, monkeypatch: pytest.MonkeyPatch, body: str, complaint: str
) -> None:
    mine("")
    module = write("variables_of_mine.py", f"def variables():\n    {body}\n")
    monkeypatch.syspath_prepend(module.parent)
    monkeypatch.delitem(sys.modules, "variables_of_mine", raising=False)
    text = 'environment_from = "variables_of_mine:variables"\n' + MINIMAL + PROGRAM
    with pytest.raises(AdapterError, match=rf"mine\.toml:1: variables_of_mine:variables {re.escape(complaint)}"):
        read_adapter(str(write("mine.toml", text)))


def test_a_byte_order_mark_is_no_mistake(mine: Callable[[str], Adapter], tmp_path: Path) -> None:
    mine("")
    path = tmp_path / "mine.toml"
    path.write_bytes("\ufeff".encode() + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_adapter(str(path)).name == "mine"


@pytest.mark.parametrize("value", ["{level} {message}", "${HOME}", '{"level": 1}', "{}"])
def test_braces_of_others_are_left_alone(mine: Callable[[str], Adapter], value: str) -> None:
    assert mine(f"[environment]\nFORM = '{value}'\n").environment == {"FORM": value}


def test_braces_of_a_shell_are_left_alone(mine: Callable[[str], Adapter], write: Writer) -> None:
    mine("")
    text = MINIMAL.replace('"--run"', '"${HOME}"') + PROGRAM
    assert read_adapter(str(write("mine.toml", text))).command[1] == "${HOME}"


def test_windows_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(AdapterError, match=r"^the suite runs on Linux and macOS; on Windows use WSL$"):
        read_adapter("reference")


def test_a_missing_program_says_how_to_get_it(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE", raising=False)
    with pytest.raises(AdapterError) as error:
        read_adapter(str(write("mine.toml", MINIMAL + PROGRAM)))
    assert str(error.value) == (
        "mine: none of no-such-program-1, no-such-program-2 is installed; build it with `make`, or set MINE to its path"
    )


def test_a_variable_that_names_no_program_is_an_error(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE", "/no/such/program")
    with pytest.raises(AdapterError, match="mine: MINE=/no/such/program is no program that can be started"):
        read_adapter(str(write("mine.toml", MINIMAL + PROGRAM)))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(AdapterError, match=r"^nonsense: neither an adapter's name .*known: iwasm, reference"):
        read_adapter("nonsense")


@pytest.mark.parametrize("path", ["/bin/sh", "/dev/null/x.toml", "/tmp"])  # noqa: S108 only read
def test_a_path_that_is_no_adapter_is_an_error(path: str) -> None:
    with pytest.raises(AdapterError, match=rf"^{path}: (an adapter is a .toml file|neither an adapter's name)"):
        read_adapter(path)


@pytest.mark.parametrize(
    ("version", "text"),
    [(["/bin/echo", "a 1.2\nb"], "a 1.2"), (["/bin/sh", "-c", "echo 'e 3' >&2"], "e 3")],
)
def test_version_is_the_first_line(adapter: Callable[..., Adapter], version: list[str], text: str) -> None:
    assert adapter("silent", version=version).version() == text


@pytest.mark.parametrize(
    ("version", "limits", "complaint"),
    [
        (["/bin/sh", "-c", "echo no >&2; exit 3"], {}, "ended with exit code 3 and gave no version: no"),
        (["/bin/true"], {}, "`/bin/true` ended with exit code 0 and gave no version"),
        (["/no/such/program"], {}, "/no/such/program cannot be started: No such file or directory"),
        (["/bin/sleep", "1000"], {"hello_seconds": 0.01}, "gave no version within 0.01 s; mend `version` in"),
    ],
)
def test_no_version_is_an_error(
    adapter: Callable[..., Adapter], version: list[str], limits: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AdapterError, match=complaint):
        adapter("silent", version=version, limits=limits).version()
