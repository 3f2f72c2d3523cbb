import shutil
import subprocess
from pathlib import Path

import pytest

from wasi_nn_cli import completion
from wasi_nn_conformance.run.adapter import known_adapters

# Complete the words of a line and print what the shell offers, one a line.
BASH = """
eval "$(<{script})"
COMP_WORDS=({words} "{last}")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
COMP_LINE="${{COMP_WORDS[*]}}"
COMP_POINT=${{#COMP_LINE}}
compopt() {{ :; }}
$(complete -p wasi-nn | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# zsh completes at a terminal only: one of its own, where what is offered goes into a file too.
ZSH_SETTING = """
autoload -Uz compinit && compinit -u -D
eval "$(<{script})"
compadd() {{
  if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)\\ * ]]; then
    local -a hits
    builtin compadd -A hits "$@"
    print -rl -- $hits >> {folder}/offered
  fi
  builtin compadd "$@"
}}
"""
ZSH = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'source {folder}/setting; touch {folder}/ready'
repeat 200; do [[ -e {folder}/ready ]] && break; sleep 0.05; done
zpty -n -w z '{words} {last}'$'\\t'
repeat 60; do [[ -s {folder}/offered ]] && break; sleep 0.05; done
sleep 0.2
cat {folder}/offered
"""
FISH = "source {script}; complete -C '{words} {last}' | string split -f1 \\t"


@pytest.fixture(params=["bash", "zsh", "fish"])
def shell(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return name


def offered(shell: str, folder: Path, capsys: pytest.CaptureFixture[str], words: str, last: str) -> list[str]:
    assert completion.main([shell]) == 0
    script = folder / f"completion.{shell}"
    script.write_text(capsys.readouterr().out, "utf-8")
    (folder / "setting").write_text(ZSH_SETTING.format(script=script, folder=folder), "utf-8")
    text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].format(script=script, words=words, last=last, folder=folder)
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(  # noqa: S603 the shells
        [shell, *quiet, "-c", text], capture_output=True, text=True, check=True, cwd=folder, timeout=60
    )
    return done.stdout.split()


OFFERED = [
    ("wasi-nn", "c", {"check", "compare", "coverage", "completion"}, {"run"}),
    ("wasi-nn check", "", set(known_adapters()), {"--abi"}),
    ("wasi-nn check", "w", {"wasmtime", "wasmtime-34", "wasmtime-onnx", "wasmedge"}, {"reference"}),
    ("wasi-nn check reference", "--fuzz-o", {"--fuzz-only"}, {"--abi"}),
    ("wasi-nn check reference --abi", "w", {"witx", "wit-2024-10-28"}, {"openvino"}),
    ("wasi-nn check reference --encoding", "", {"openvino", "onnx"}, {"witx"}),
    ("wasi-nn run", "--prec", {"--precision"}, {"--abi"}),
    ("wasi-nn completion", "", {"bash", "zsh", "fish"}, set()),
    ("wasi-nn promote --impl", "ref", {"reference"}, {"wasmtime"}),
]


@pytest.mark.parametrize("line", OFFERED, ids=lambda line: f"{line[0]} {line[1]}")
def test_a_shell_completes(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], line: tuple[str, str, set[str], set[str]]
) -> None:
    words, last, wanted, unwanted = line
    found = set(offered(shell, tmp_path, capsys, words, last))
    assert (wanted - found, unwanted & found) == (set(), set())


def test_an_adapter_may_be_a_file(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").touch()
    (tmp_path / "mine.txt").touch()
    assert "mine.toml" in offered(shell, tmp_path, capsys, "wasi-nn check", "min")


def test_a_shell_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        completion.main(["bsh"])
    assert (ended.value.code, "did you mean 'bash'?" in capsys.readouterr().err) == (2, True)
