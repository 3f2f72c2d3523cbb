"""What may be left out of a vector: each short form says what its full form says."""

from collections.abc import Callable

import pytest

from wasi_nn_conformance.vectors.vector import Vector

Read = Callable[[str], list[Vector]]

HEAD = "- id: v\n  clause: test.clause\n  why: because a host may get this wrong\n"  # lines 1 to 3
G, C = "{load: {model: sub-f32, as: g}}", "{context: {graph: g, as: c}}"
ONE = "type: f32, shape: [1, 4]"
ROW = f"{{{ONE}, data: [1, 2, 3, 4]}}"


def same(read: Read, short: str, full: str) -> bool:
    """Return whether two vectors, without their heads, are one but for the lines of their steps."""
    (one,), (other,) = read(HEAD + short), read(HEAD + full)
    return one.steps_without_lines == other.steps_without_lines


STEPS = [
    # A vector's model.
    ("compute", "compute: {context: c}"),
    ("{compute: c}", "compute: {context: c}"),
    # Tensors of inputs.
    ("set_input: {a: [1, 2, 3, 4]}", f"set_input: {{context: c, input: a, tensor: {ROW}}}"),
    ("set_input: {a: {data: [1, 2, 3, 4]}}", f"set_input: {{context: c, input: a, tensor: {ROW}}}"),
    ("set_input: {input: a, tensor: zeros}", f"set_input: {{context: c, input: a, tensor: {{{ONE}, data: zeros}}}}"),
    (
        "set_input: {b: {shape: [4, 1], data: zeros}, as: t}",
        "set_input: {context: c, input: b, tensor: {type: f32, shape: [4, 1], data: zeros}, as: t}",
    ),
    (
        "set_input: {b: {type: i32, data: 3 bytes}}",
        "set_input: {context: c, input: b, tensor: {type: i32, shape: [1, 4], data: 3 bytes}}",
    ),
    (
        "set_input: {input: {raw: 7}, tensor: range}",
        f"set_input: {{context: c, input: {{raw: 7}}, tensor: {{{ONE}, data: range}}}}",
    ),
    (
        "infer: {b: range, a: [1, 2, 3, 4]}",
        f"infer: {{context: c, inputs: {{b: {{{ONE}, data: range}}, a: {ROW}}}}}",
    ),
    (
        "infer: {order: [difference], inputs: {a: range, b: zeros}}",
        f"infer: {{context: c, order: [difference], inputs: {{a: {{{ONE}, data: range}}, b: {{{ONE}, data: zeros}}}}}}",
    ),
    # Outputs.
    ("output: difference", "output: {context: c, output: difference}"),
    ("output: {difference: [1, 2, 3, 4]}", f"output: {{context: c, output: difference, is: {ROW}}}"),
    (
        "output: {difference: zeros, size: 16}",
        f"output: {{context: c, output: difference, size: 16, is: {{{ONE}, data: zeros}}}}",
    ),
    ("output: {output: difference, is: any}", "output: {context: c, output: difference, is: any}"),
    # Tensors of components.
    ("set_named: {a: {raw: 1}}", "set_named: {context: c, name: a, tensor: {raw: 1}}"),
    ("get_named: difference", "get_named: {context: c, name: difference}"),
    ("get_named: {difference: [1, 2, 3, 4]}", f"get_named: {{context: c, name: difference, is: {ROW}}}"),
    ("compute_named: {b: u, a: t}", "compute_named: {context: c, inputs: [[b, u], [a, t]]}"),
    ("compute_named: {a: t, as: r, names: own}", "compute_named: {context: c, inputs: [[a, t]], as: r, names: own}"),
    ("tensor: {tensor: [1, 2, 3, 4], as: t}", f"tensor: {{tensor: {ROW}, as: t}}"),
    ("data: {tensor: t, is: {tensor: [1, 2, 3, 4]}}", f"data: {{tensor: t, is: {{tensor: {ROW}}}}}"),
    # One word.
    ("data: t", "data: {tensor: t}"),
    ("grow: 3", "grow: {pages: 3}"),
    ("drop: c", "drop: {kind: context, handle: c}"),
    # Memory.
    ("raw: {compute: [c]}", "raw: {function: compute, arguments: [c]}"),
    (
        "raw: {load: [0, 1, 0, 0, {slot: r}], slots: {r: written}}",
        "raw: {function: load, arguments: [0, 1, 0, 0, {slot: r}], slots: {r: written}}",
    ),
    (
        "place: {p: {bytes: {tensor: range}, at: 8}}",
        f"place: {{bytes: {{tensor: {{{ONE}, data: range}}}}, at: 8, as: p}}",
    ),
]


@pytest.mark.parametrize(("short", "full"), STEPS, ids=[short for short, _ in STEPS])
def test_a_short_step_says_what_a_full_one_says(read: Read, short: str, full: str) -> None:
    step = short if short.startswith("{") or ":" not in short else f"{{{short}}}"
    assert same(read, f"  model: sub-f32\n  steps: [{step}]\n", f"  steps: [{G}, {C}, {{{full}}}]\n")


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("fails: busy", "fails: {prefer: busy}"),
        ("accept: [ok, error]", "accept: [ok, error], prefer: ok"),
        ("accept: [busy, trap]", "accept: [error, trap], prefer: busy"),
        ("accept: [busy, ok, trap]", "accept: [error, ok, trap], prefer: busy"),
        ("accept: [trap, ok]", "accept: [ok, trap], prefer: trap"),
    ],
)
def test_a_short_expectation_says_what_a_full_one_says(read: Read, short: str, full: str) -> None:
    assert same(read, f"  steps: [{{grow: 1, {short}}}]\n", f"  steps: [{{grow: {{pages: 1}}, {full}}}]\n")


def test_one_step_may_keep_several_tensors(read: Read) -> None:
    full = f"{{tensor: {{tensor: {ROW}, as: t}}}}, {{tensor: {{tensor: {{type: u8, shape: [1], data: [7]}}, as: u}}}}"
    assert same(
        read,
        "  model: sub-f32\n  steps: [tensor: {t: [1, 2, 3, 4], u: {type: u8, shape: [1], data: [7]}}]\n",
        f"  steps: [{G}, {C}, {full}]\n",
    )


def test_one_step_may_drop_several_things_of_any_kind(read: Read) -> None:
    named = (
        "{load_by_name: {name: k, error: e}, fails: {}}, {tensor: {tensor: {type: u8, shape: [1], data: [7]}, as: t}}"
    )
    drops = ("{kind: tensor, handle: t}", "{kind: error, handle: e}", "{kind: graph, handle: g}")
    full = ", ".join(f"{{drop: {drop}}}" for drop in drops)
    assert same(read, f"  steps: [{G}, {named}, {{drop: [t, e, g]}}]\n", f"  steps: [{G}, {named}, {full}]\n")


def test_one_step_may_give_several_ports_and_one_word_for_each_of_several_steps(read: Read) -> None:
    context = "{context: {graph: g, as: d}}"
    inputs = (f"{{set_input: {{context: d, input: {name}, tensor: {ROW}}}}}" for name in "ba")
    full = ", ".join([context, *inputs, *(f"{{compute: {{context: {name}}}}}" for name in "cd")])
    short = "set_input: {context: d, b: [1, 2, 3, 4], a: [1, 2, 3, 4]}, compute: [c, d]"
    assert same(read, f"  model: sub-f32\n  steps: [context: {{as: d}}, {short}]\n", f"  steps: [{G}, {C}, {full}]\n")


def test_a_model_may_say_what_its_load_may_answer(read: Read) -> None:
    assert same(
        read,
        "  model: {load: sub-f32, accept: [ok, error]}\n  steps: [compute]\n",
        f"  steps: [{{{G[1:-1]}, accept: [ok, error], prefer: ok, then: [{C}, {{compute: {{context: c}}}}]}}]\n",
    )


@pytest.mark.parametrize(("key", "tries"), [("shows", "show"), ("breaks", "break")])
def test_the_key_of_a_clause_may_say_what_is_tried(read: Read, key: str, tries: str) -> None:
    (vector,) = read(f"{HEAD.replace('clause', key, 1)}  steps: [grow: 1]\n")
    assert (vector.clause, vector.tries) == ("test.clause", tries)


@pytest.mark.parametrize("block", ["may_fail", "fails_by"])
def test_a_block_may_stand_in_the_place_of_the_steps(read: Read, block: str) -> None:
    inside = f"{G}, {C}, {{compute: {{context: c}}}}"
    assert same(
        read,
        f"  model: sub-f32\n  {block}: [compute]\n  prefer: busy\n",
        f"  steps: [{{{block}: [{inside}], prefer: busy}}]\n",
    )


def test_short_forms_are_written_out_inside_of_blocks_and_repeats_and_after_success(read: Read) -> None:
    short = "{repeat: {count: 2, index: i, steps: [{infer: {a: [$i, 2, 3, 4], b: zeros}}]}}"
    full = "{infer: {context: c, inputs: {a: {ONE, data: [I, 2, 3, 4]}, b: {ONE, data: zeros}}}}".replace("ONE", ONE)
    wanted = ", ".join(full.replace("I", str(i)) for i in range(2))
    assert same(
        read,
        f"  model: sub-f32\n  steps: [{{may_fail: [{short}]}}, {{compute: c, accept: [ok, error], then: [{short}]}}]\n",
        f"  steps: [{G}, {C}, {{may_fail: [{wanted}]}},"
        f" {{compute: {{context: c}}, accept: [ok, error], prefer: ok, then: [{wanted}]}}]\n",
    )


def test_a_graph_is_meant_where_there_is_only_one(read: Read) -> None:
    assert same(
        read, f"  steps: [{G}, context: {{as: d}}, compute]\n", f"  steps: [{G}, {C.replace('c}', 'd}')}, compute: d]\n"
    )


def test_a_registered_graph_is_of_its_model(read: Read) -> None:
    start = "  graphs: {k: sub-f32}\n  steps: [{load_by_name: {name: k, as: g}}, {context: {graph: g, as: c}}, "
    assert same(
        read,
        f"{start}{{set_input: {{a: [1, 2, 3, 4]}}}}]\n",
        f"{start}{{set_input: {{context: c, input: a, tensor: {ROW}}}}}]\n",
    )


def test_a_model_of_the_vector_has_its_ports(read: Read) -> None:
    own = "  models: {mine: {inputs: {q: {type: u8, shape: [2]}}, outputs: {r: q}}}\n"
    full = "{set_input: {context: c, input: q, tensor: {type: u8, shape: [2], data: [1, 2]}}}"
    load = "{load: {model: mine, as: g}}"
    assert same(
        read, f"{own}  model: mine\n  steps: [set_input: {{q: [1, 2]}}]\n", f"{own}  steps: [{load}, {C}, {full}]\n"
    )


def test_a_port_named_as_a_key_is_written_in_full(read: Read) -> None:
    own = "  models: {mine: {inputs: {context: {type: u8, shape: [2]}}, outputs: {r: context}}}\n  model: mine\n"
    (vector,) = read(f"{HEAD}{own}  steps: [set_input: {{input: context, tensor: [1, 2]}}]\n")
    assert "'input': 'context'" in str(vector.steps[2])


def test_a_step_that_a_model_stands_for_has_the_line_of_the_model(read: Read) -> None:
    (vector,) = read(f"{HEAD}  model: sub-f32\n  steps:\n  - compute\n")
    assert [step.line for step in vector.steps] == [4, 4, 6]


def test_a_matrix_may_name_the_values_of_its_one_key(read: Read) -> None:
    vectors = read(f"{HEAD}  matrix: {{pages: {{few: 1, many: 9}}}}\n  steps: [grow: $pages]\n")
    assert [(vector.id, str(vector.steps[0]).count("'pages': 9")) for vector in vectors] == [
        ("v/few", 0),
        ("v/many", 1),
    ]


def test_a_head_says_for_all_vectors_what_they_do_not_say_themselves(read: Read) -> None:
    defaults = "defaults: {abi: [witx], encoding: [onnx], clause: one.clause, graphs: {k: sub-f32}, tries: show}\n"
    first = "- {id: v, why: because a host may get this wrong, steps: [compute: {context: {raw: 1}}]}\n"
    own = "clause: x, encoding: [openvino, onnx]"
    second = f"- {{id: w, why: because a host may get this wrong, {own}, steps: [compute: d]}}\n"
    one, other = read(f"{defaults}vectors:\n{first}{second}")
    assert (one.abis, one.encodings, one.clause, one.graphs, one.tries) == (
        *(("witx",), ("onnx",)),
        *("one.clause", {"k": "sub-f32"}, "show"),
    )
    assert (other.clause, other.encodings, other.line) == ("x", ("openvino", "onnx"), 4)
