import importlib
import re
import subprocess
import sys

import pytest

from wasi_nn_cli import program
from wasi_nn_cli.parser import Parser


@pytest.mark.parametrize("name", program.COMMANDS)
def test_a_subcommand_has_a_parser_of_its_name(name: str) -> None:
    parser = importlib.import_module(program.COMMANDS[name].module).parser()
    assert (type(parser), parser.prog) == (Parser, f"wasi-nn {name}")


def test_a_subcommand_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    status = program.main(["covrage"])
    told = "wasi-nn: 'covrage' is no subcommand; did you mean 'coverage'?; there are: check, replay, run, "
    assert (status, capsys.readouterr().err.startswith(told)) == (2, True)


def test_help_names_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if re.match(r"  \w", line)]
    assert listed == list(program.COMMANDS)


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "openvino_is_gone", None)

    def imported(_name: str) -> None:
        raise ModuleNotFoundError(name="openvino")

    monkeypatch.setattr(importlib, "import_module", imported)
    assert program.main(["inspect", "x"]) == 1
    assert "pip install 'wasi-nn-conformance[reference]'" in capsys.readouterr().err


def test_running_a_guest_loads_nothing_of_the_suite() -> None:
    script = (
        "import sys; from wasi_nn_cli.program import main; status = main(['run', '/no/such/guest']);"
        "print(status, *sorted({'wasi_nn_conformance', 'pytest', 'shtab', 'importlib.metadata'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603 this Python
    assert (done.stdout, done.stderr) == ("1\n", "wasi-nn: /no/such/guest: No such file or directory\n")
