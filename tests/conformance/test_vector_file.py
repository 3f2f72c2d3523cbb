import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.models import Model
from wasi_nn_conformance.vectors.expectation import Expectation
from wasi_nn_conformance.vectors.reader import read_vectors
from wasi_nn_conformance.vectors.step import Block, Step
from wasi_nn_conformance.vectors.vector import Vector

Writer = Callable[[str, str], Path]
Vectors = Callable[..., list[Vector]]

HEAD = "- id: v\n  clause: test.clause\n  why: because a host may get this wrong\n"  # lines 1 to 3
TENSOR = "{type: f32, shape: [1, 2], data: [1, 2]}"


@pytest.fixture
def read(write: Writer, models: Mapping[str, Model]) -> Callable[[str], list[Vector]]:
    return lambda text: read_vectors(write("area.yaml", text), models)


def test_a_vector_is_read_with_its_place(read: Callable[[str], list[Vector]]) -> None:
    [vector] = read("# first\n" + HEAD + "  graphs: {k: add-f32}\n  steps:\n    - compute: {context: c}\n")
    assert (vector.id, vector.clause, vector.graphs, vector.models, vector.line) == (
        *("v", "test.clause", {"k": "add-f32"}),
        *(frozenset({"add-f32"}), 2),
    )


def test_a_step_keeps_its_line_action_and_arguments(vectors: Vectors) -> None:
    [vector] = vectors("- load: {model: add-f32, as: g}\n- compute: {context: c}")
    assert vector.steps == (
        Step("load", {"model": "add-f32", "as": "g"}, Expectation(), line=5),
        Step("compute", {"context": "c"}, Expectation(), line=6),
    )


@pytest.mark.parametrize(
    ("written", "expectation"),
    [
        ("", Expectation(frozenset({"ok"}))),
        ("fails: {}", Expectation(frozenset({"error"}))),
        ("fails: {only: too_large}", Expectation(frozenset({"error"}), only="too_large")),
        ("fails: {prefer: busy}", Expectation(frozenset({"error"}), prefer="busy")),
        ("{accept: [ok, trap], prefer: trap}", Expectation(frozenset({"ok", "trap"}), prefer="trap")),
        ("{accept: [ok, error], prefer: busy}", Expectation(frozenset({"ok", "error"}), prefer="busy")),
        ("{accept: [busy, ok]}", Expectation(frozenset({"ok", "error"}), prefer="busy")),
        ("{accept: [error, ok]}", Expectation(frozenset({"ok", "error"}))),
    ],
)
def test_expectation_of_a_step(vectors: Vectors, written: str, expectation: Expectation) -> None:
    keys = f", {written.strip('{}') if written.startswith('{') else written}" if written else ""
    [vector] = vectors(f"- {{compute: {{context: c}}{keys}}}")
    step = vector.steps[0]
    assert isinstance(step, Step)
    assert step.expectation == expectation


@pytest.mark.parametrize(("key", "must_fail"), [("fails_by", True), ("may_fail", False)])
def test_a_block_holds_its_steps(vectors: Vectors, key: str, must_fail: bool) -> None:
    [vector] = vectors(f"- {key}:\n  - compute: {{context: c}}\n  prefer: busy")
    assert vector.steps == (Block(must_fail, (Step("compute", {"context": "c"}, Expectation(), line=6),), "busy", 5),)


def test_then_holds_what_follows_success(vectors: Vectors) -> None:
    [vector] = vectors("- compute: {context: c}\n  accept: [ok, error]\n  prefer: ok\n  then:\n  - grow: {pages: 1}")
    step = vector.steps[0]
    assert isinstance(step, Step)
    assert step.then == (Step("grow", {"pages": 1}, Expectation(), line=9),)


def test_a_matrix_gives_a_vector_for_each_row(vectors: Vectors) -> None:
    ids = [vector.id for vector in vectors("- grow: {pages: $k}", matrix="{k: [1, 2]}")]
    assert ids == ["v/0/k=1", "v/0/k=2"]


def test_a_matrix_row_reaches_the_steps(vectors: Vectors) -> None:
    steps = [vector.steps for vector in vectors("- grow: {pages: $k}", matrix="[{name: few, k: 1}]")]
    assert steps == [(Step("grow", {"pages": 1}, Expectation(), line=6),)]


def test_repeat_is_written_out_with_its_index(vectors: Vectors) -> None:
    [vector] = vectors("- repeat: {count: 3, index: i, steps: [{grow: {pages: $i}}]}")
    assert [step.arguments["pages"] for step in vector.steps if isinstance(step, Step)] == [0, 1, 2]


def test_nested_repeats_are_written_out(vectors: Vectors) -> None:
    inner = "repeat: {count: 2, index: j, steps: [{load_by_name: {name: $i-$j}}]}"
    [vector] = vectors(f"- repeat: {{count: 2, index: i, steps: [{{{inner}}}]}}")
    names = [step.arguments["name"] for step in vector.steps if isinstance(step, Step)]
    assert names == ["0-0", "0-1", "1-0", "1-1"]


def test_repeat_inside_a_block_is_written_out(vectors: Vectors) -> None:
    [vector] = vectors("- may_fail: [{repeat: {count: 2, steps: [{compute: {context: c}}]}}]")
    block = vector.steps[0]
    assert isinstance(block, Block)
    assert len(block.steps) == 2


def test_infer_sets_every_input_computes_and_asks_for_outputs(vectors: Vectors) -> None:
    [vector] = vectors(f"- infer: {{context: c, inputs: {{b: {TENSOR}, a: {TENSOR}}}, order: [q, p]}}")
    said = [(s.action, s.arguments.get("input", s.arguments.get("order"))) for s in vector.steps if isinstance(s, Step)]
    assert said == [("set_input", "b"), ("set_input", "a"), ("compute", None), ("outputs", ["q", "p"])]


def test_a_step_that_only_witx_has_makes_the_vector_witx(vectors: Vectors) -> None:
    [vector] = vectors("- raw: {function: compute, arguments: [0]}")
    assert vector.abis == ("witx",)


@pytest.mark.parametrize(
    ("needed", "abis"),
    [
        ("[get_output]", ("witx", "wit-2024-06-25", "wit-2024-08-19")),
        ("[get_output, names]", ("wit-2024-06-25", "wit-2024-08-19")),
        ("[ggml, outputs_at_compute]", ("wit-2024-10-28",)),
    ],
)
def test_a_vector_runs_where_what_it_needs_besides_its_steps_is_had(
    read: Callable[[str], list[Vector]], needed: str, abis: tuple[str, ...]
) -> None:
    [vector] = read(f"{HEAD}  needs: {needed}\n  steps: [{{compute: {{context: c}}}}]\n")
    assert vector.abis == abis


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        ("  steps: [{compute: {context: c}}]\n  stepz: 1\n", "5: unknown key 'stepz'; known here: abi, breaks,"),
        ("  steps:\n  - compute: {context: c}\n    fail: {}\n", "5: unknown key 'fail'"),
        ("  steps:\n  - compute: {context: c,\n      contxt: c}\n", "5: compute: unknown key 'contxt'"),
        ("  steps: [{compute: {context: c}}]\n  id: v\n", "5: the key 'id' is given twice (first in line 1)"),
        ("  steps: 7\n", "4: steps: 7 is not of type 'array'"),
        ("  steps: []\n", "4: steps: []"),
        ("", "1: 'steps' is a required property"),
        ("  steps:\n  - 7\n", "4: steps[0]: 7 is not of type 'object'"),
        ("  steps:\n  - grow: {pages: x}\n", "5: grow.pages: 'x' is not of type 'integer'"),
        (
            "  steps:\n  - grow: {pages: 1}\n    compute: {context: c}\n",
            "5: a step has exactly one action, not grow and",
        ),
        ("  steps:\n  - fails: {}\n", "5: a step has exactly one action, not none"),
        ("  steps:\n  - load: {model: no, as: g}\n", "5: 'no' is a boolean to readers of YAML 1.1"),
        (
            "  abi: [wit-2024-10-28]\n  steps:\n  - grow: {pages: 1}\n",
            "4: wit-2024-10-28 cannot say these steps; witx can",
        ),
        (
            "  needs: [names]\n  steps:\n  - grow: {pages: 1}\n",
            "4: none of witx, which can say these steps, has this",
        ),
        ("  needs: [wings]\n  steps: [{compute: {context: c}}]\n", "4: needs[0]: 'wings' is not one of"),
        ("  abi: [witty]\n  steps: [{compute: {context: c}}]\n", "4: abi[0]: 'witty' is not one of 'witx',"),
        ("  abi: [witz]\n  steps:\n  - grow: {pages: 1}\n", "4: abi[0]: 'witz' is not one of"),
        # Matrices and references.
        ("  matrix: {k: [1], m: [2]}\n  steps:\n  - grow: {pages: $k}\n", "4: nothing refers to $m"),
        ("  matrix: 7\n  steps:\n  - grow: {pages: 1}\n", "4: a matrix maps names to lists of values"),
        ("  matrix: {k: []}\n  steps:\n  - grow: {pages: $k}\n", "4: a matrix maps names to lists of values"),
        ("  steps:\n  - load_by_name: {name: $k}\n", "1: $k: no key of the matrix and no index of a repeat"),
        ("  matrix: {k: [1, 1]}\n  steps:\n  - grow: {pages: $k}\n", "1: v/k=1: this id is given twice"),
        # Repeats.
        ("  steps:\n  - repeat: {count: 0, steps: [{grow: {pages: 1}}]}\n", "5: repeat: count: 0 is less than"),
        (
            "  steps:\n  - repeat: {count: 1000000, steps: [{grow: {pages: 1}}]}\n",
            "5: repeat: count: 1000000 is greater",
        ),
        ("  steps:\n  - repeat: {count: x, steps: [{grow: {pages: 1}}]}\n", "5: repeat: count: 'x' is not of type"),
        ("  steps:\n  - repeat: {count: 2, idx: i, steps: [{grow: {pages: 1}}]}\n", "5: repeat: unknown key 'idx'"),
        (
            "  steps:\n  - repeat: {count: 2, steps: [{grow: {pages: 1}}]}\n    fails: {}\n",
            "5: repeat stands for several",
        ),
        ("  steps:\n  - repeat:\n      count: 1\n      steps:\n      - grw: 1\n", "8: unknown key 'grw'"),
        # Expectations that contradict themselves.
        ("  steps:\n  - {grow: {pages: 1}, fails: {only: busy, prefer: busy}}\n", "5: fails: "),
        ("  steps:\n  - {compute: {context: c}, fails: {}, prefer: busy}\n", "5: `fails` already says what is"),
        ("  steps:\n  - {compute: {context: c}, fails: {}, accept: [ok, error]}\n", "5: `fails` already says what is"),
        ("  steps:\n  - {compute: {context: c}, prefer: ok}\n", "5: `prefer` needs `accept` or `fails`"),
        ("  steps:\n  - {compute: {context: c}, accept: [ok, trap], prefer: busy}\n", "5: `prefer: busy` is not among"),
        (
            "  steps:\n  - {compute: {context: c}, accept: [ok, error], prefer: trap}\n",
            "5: `prefer: trap` is not among",
        ),
        (
            "  steps:\n  - {compute: {context: c}, then: [{grow: {pages: 1}}]}\n",
            "5: `then` is for a step that may also",
        ),
        ("  steps:\n  - {compute: {context: c}, fails: {}, then: [{grow: {pages: 1}}]}\n", "5: `then` follows success"),
        ("  steps:\n  - {load_by_name: {name: k}, slot: untouched}\n", "5: `slot: untouched` is for a call that may"),
        ("  steps:\n  - {compute: {context: c}, fails: {}, slot: untouched}\n", "5: compute has no return pointer"),
        (
            "  steps:\n  - {fails_by: [{compute: {context: c}}], fails: {}}\n",
            "5: a block takes `prefer` and `clause` only, not fails",
        ),
        ("  steps:\n  - {fails_by: [{compute: {context: c}}], prefer: ok}\n", "5: `prefer: ok` contradicts `fails_by`"),
        (
            f"  steps:\n  - {{infer: {{context: c, inputs: {{x: {TENSOR}}}}}, fails: {{}}}}\n",
            "5: infer stands for several",
        ),
        # Tensors that do not fit themselves.
        (
            "  steps:\n  - set_input: {context: c, input: a, tensor: {type: u8, shape: [1], data: [300]}}\n",
            "5: set_input: not all of the numbers fit into u8",
        ),
        (
            "  steps:\n  - set_input: {context: c, input: a, tensor: {type: f32, shape: [3], data: [1]}}\n",
            "5: set_input: 1 numbers for the shape [3]",
        ),
        (
            "  steps:\n  - output: {context: c, output: a, is: {type: f16, shape: [1], data: [0.1]}}\n",
            "5: output: 0.1 is not held exactly by f16",
        ),
        (
            "  steps:\n  - infer: {context: c, inputs: {a: {type: i32, shape: [4], data: nan-payload}}}\n",
            "5: infer: i32 has no NaN",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_line(read: Callable[[str], list[Vector]], rest: str, complaint: str) -> None:
    with pytest.raises(InputError, match=rf"/area\.yaml:{re.escape(complaint)}"):
        read(HEAD + rest)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\n", "1: a file of vectors is a list of vectors"),
        ("- 7\n", "1: a vector is a mapping with id, clause, why and steps"),
        (HEAD.replace("- id: v\n", "-\n") + "  steps: [{grow: {pages: 1}}]\n", "2: 'id' is a required property"),
        (
            HEAD.replace("- id: v\n", "-\n") + "  matrix: {k: [1]}\n  steps: [{grow: {pages: $k}}]\n",
            "2: 'id' is a required property",
        ),
        (HEAD.replace("id: v", "id: V v") + "  steps: [{grow: {pages: 1}}]\n", "1: id: 'V v' does not match"),
        (HEAD.replace("id: v", "id: 7") + "  steps: [{grow: {pages: 1}}]\n", "1: id: 7 is not of type 'string'"),
        (HEAD.replace("id: v", "id: on") + "  steps: [{grow: {pages: 1}}]\n", "1: 'on' is a boolean to readers"),
        (2 * (HEAD + "  steps: [{grow: {pages: 1}}]\n"), "5: v: this id is given twice"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(read: Callable[[str], list[Vector]], text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=rf"/area\.yaml:{re.escape(complaint)}"):
        read(text)
