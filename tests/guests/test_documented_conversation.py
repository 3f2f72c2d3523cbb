import json
from pathlib import Path
from typing import Any

from witx_guest import Guest, Memory

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"


def answering(value: int) -> Any:
    def function(memory: Memory, *arguments: int) -> int:
        memory.put_u32(arguments[-1], value)
        return 0

    return function


def test_replies_have_the_keys_and_errors_of_the_page(probe: Guest) -> None:
    lines = PAGE.read_text().splitlines()
    requests = [line[2:] for line in lines if line.startswith("> {")]
    documented = [json.loads(line[4:]) for line in lines if line.startswith("< @@")]

    def load(memory: Memory, *arguments: int) -> int:
        return 1 if arguments[1] == 2 else int(answering(1)(memory, *arguments))

    def get_output(memory: Memory, *arguments: int) -> int:
        return 7 if arguments[3] < 16 else int(answering(16)(memory, *arguments))

    def init_execution_context(memory: Memory, *arguments: int) -> int:
        return 1 if arguments[0] == 7 else int(answering(2)(memory, *arguments))

    probe.functions = {
        "load": load,
        "init_execution_context": init_execution_context,
        "set_input": lambda *_: 0,
        "compute": lambda *_: 0,
        "get_output": get_output,
    }
    outcome = probe.run("".join(f"{request}\n" for request in requests).encode())
    assert [list(reply) for reply in outcome.replies] == [list(reply) for reply in documented]
    assert [reply.get("errno") for reply in outcome.replies] == [reply.get("errno") for reply in documented]
    assert outcome.code == 0
