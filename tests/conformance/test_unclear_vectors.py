"""What is not clear in a file of vectors, as short forms may be, is refused with its line."""

import re
from collections.abc import Callable

import pytest

from wasi_nn_conformance.formats.document import InputError
from wasi_nn_conformance.vectors.vector import Vector

Read = Callable[[str], list[Vector]]

HEAD = "- id: v\n  clause: test.clause\n  why: because a host may get this wrong\n"  # lines 1 to 3
ROW = "{type: f32, shape: [1, 4], data: [1, 2, 3, 4]}"


@pytest.mark.parametrize(
    ("rest", "complaint"),
    [
        # Names.
        ("  steps:\n  - compute\n", "5: no step makes a context: say `context`, or give the vector a `model`"),
        ("  steps:\n  - context: {as: c}\n", "5: no step makes a graph: say `graph`, or"),
        (
            "  model: sub-f32\n  steps:\n  - context: {as: d}\n  - compute\n",
            "7: the vector has several: contexts c and d; say `context`",
        ),
        ("  model: sub-f32\n  steps:\n  - drop: k\n", "6: nothing is called 'k'"),
        (
            "  model: sub-f32\n  steps:\n  - context: {as: first}\n  - drop: frist\n",
            "7: nothing is called 'frist'; did you mean 'first'?",
        ),
        (
            f"  steps:\n  - tensor: {{tensor: {ROW}, as: t}}\n  - load_by_name: {{name: k, as: t}}\n  - drop: t\n",
            "7: 't' is the name of a graph and of a tensor",
        ),
        # Ports.
        (
            "  model: sub-f32\n  steps:\n  - infer: {a: zeros, c: zeros}\n",
            "6: the model 'sub-f32' has no input 'c'; it has a, b",
        ),
        (
            "  model: sub-f32\n  steps:\n  - output: {diference: zeros}\n",
            "6: the model 'sub-f32' has no output 'diference'; it has difference; did you mean 'difference'?",
        ),
        (
            "  model: sub-f32\n  steps:\n  - set_input: {contxt: c, a: zeros}\n",
            "6: the model 'sub-f32' has no input 'contxt'; it has a, b; did you mean 'context'?",
        ),
        (
            "  model: sub-f32\n  steps:\n  - set_input: {a: zeros, b: zeros, as: t}\n",
            "6: set_input is of one input, not of a and of b",
        ),
        (
            "  model: sub-f32\n  steps:\n  - {set_input: {a: zeros, b: zeros}, fails: busy}\n",
            "6: set_input stands for 2",
        ),
        ("  model: sub-f32\n  steps:\n  - drop: []\n", "6: drop: [] is not of type 'object'"),
        ("  model: sub-f32\n  steps:\n  - tensor: {}\n", "6: tensor: 'as' is a required property"),
        ("  breaks: a.b\n  steps: [compute: c]\n", "2: `breaks` says the clause and what is tried: drop `clause`"),
        ("  tries: show\n  shows: a.b\n  steps: [compute: c]\n", "2: `shows` says the clause and what is tried: drop"),
        (
            "  model: {load: sub-f32}\n  steps: [{compute: c, then: [compute]}]\n",
            "5: `then` is for a step that may also",
        ),
        ("  model: {lod: sub-f32}\n  steps: [compute]\n", "4: `model` is a name, or `{load: NAME, ...}` with"),
        (
            "  model: sub-f32\n  steps:\n  - set_input: {input: b, a: zeros}\n",
            "6: set_input is of one input, not of input: b and of a",
        ),
        (
            "  model: sub-f32\n  steps:\n  - infer: {inputs: {a: zeros}, b: zeros}\n",
            "6: infer has `inputs`: write b in it",
        ),
        (
            "  model: sub-f32\n  steps:\n  - infer: {ordr: [difference], a: zeros, b: zeros}\n",
            "6: the model 'sub-f32' has no input 'ordr'; it has a, b; did you mean 'order'?",
        ),
        (
            "  model: no-input\n  steps:\n  - set_input: {x: zeros}\n",
            "6: the model 'no-input' has no input 'x'; it has none",
        ),
        # Types and shapes.
        (
            "  model: identity-dynamic\n  steps:\n  - infer: {x: zeros}\n",
            "6: the model leaves dimensions of x: f32 [?, 4] open: say `shape`",
        ),
        (
            "  model: two-types\n  steps:\n  - tensor: {t: zeros}\n",
            "6: the inputs of two-types are not all of one type and shape: say `type` and `shape` of the tensor",
        ),
        ("  steps:\n  - tensor: {t: zeros}\n", "5: no model tells them: say `type` and `shape` of the tensor"),
        ("  steps:\n  - tensor: {t: {type: u8, data: zeros}}\n", "5: no model tells them: say `shape` of the tensor"),
        (
            "  steps:\n  - load: {builders: [], as: g}\n  - context: {as: c}\n  - set_input: {x: zeros}\n",
            "7: which model the context c is of is not told by `model`",
        ),
        (
            "  model: sub-f32\n  steps:\n  - infer: {a: {type: f33, data: zeros}, b: zeros}\n",
            "6: there is no element type 'f33'; did you mean",
        ),
        ("  model: sub-f32\n  steps:\n  - infer: {a: [1, 2], b: zeros}\n", "6: infer: 2 numbers for the shape [1, 4]"),
        (
            "  model: sub-f23\n  steps:\n  - infer: {a: zeros}\n",
            "6: there is no model 'sub-f23' in models.yaml, and the vector brings none; did you mean 'sub-f32'?",
        ),
        (
            "  model: sub-f23\n  steps:\n  - compute\n",
            "1: v: there is no model 'sub-f23' in models.yaml, and the vector brings none; did you mean",
        ),
        ("  model: 7\n  steps:\n  - compute: c\n", "4: `model` is a name, or `{load: NAME, ...}` with"),
        (
            "  model: sub-f32\n  steps:\n  - set_input: {a: zeroes}\n",
            "6: set_input.tensor.data: 'zeroes' does not fit; wanted: numbers that the type holds exactly, or `hex:`",
        ),
        (
            "  model: sub-f32\n  steps:\n  - output: diference\n",
            "6: the model 'sub-f32' has no output 'diference'; it has difference; did you mean 'difference'?",
        ),
        (
            "  steps:\n  - load: {model: sub-f32, encoding: openvion}\n",
            "5: load.encoding: 'openvion' does not fit; wanted: a name, or any number to be passed as it is; did",
        ),
        ("  steps:\n  - load: {model: sub-f32, target: gpuu}\n", "5: load.target: 'gpuu' does not fit"),
        ("  steps:\n  - raw: {comput: [0]}\n", "5: witx has no function 'comput'; did you mean 'compute'?"),
        # Expectations.
        ("  steps:\n  - {grow: 1, fails: bussy}\n", "5: fails.prefer: 'bussy' is not one of"),
        (
            "  steps:\n  - {grow: 1, accept: [ok, bussy]}\n",
            "5: accept: 'bussy' is not ok, error, trap; did you mean 'busy'?",
        ),
        ("  steps:\n  - {grow: 1, accept: [ok, busy]}\n", "5: accept: 'busy' is not ok, error, trap"),
        (
            "  steps:\n  - {grow: 1, accept: [busi, ok]}\n",
            "5: accept: 'busi' is not ok, error, trap or the code of an error; did you mean 'busy'?",
        ),
        ("  steps:\n  - {grow: 1, accept: [busy, error]}\n", "5: accept: ['error','error'] has non-unique elements"),
        ("  steps:\n  - {grow: 1, accept: [busy]}\n", "5: accept: ['error'] has less than 2 items"),
        (
            "  model: sub-f32\n  steps:\n  - {drop: [c, g], traps: true}\n",
            "6: drop stands for 2 steps here: write traps at one of them",
        ),
        (
            "  model: sub-f32\n  steps:\n  - {tensor: {t: zeros, u: zeros}, fails: busy}\n",
            "6: tensor stands for 2 steps here: write fails at",
        ),
        # Words.
        ("  steps:\n  - comptue\n", "5: unknown key 'comptue'; known here: accept, clause, compute,"),
        ("  steps:\n  - grwo: 1\n", "5: unknown key 'grwo'; known here: accept,"),
        ("  steps:\n  - tensor: t\n", "5: tensor: 't' is not of type 'object'"),
        ("  steps:\n  - {compute: c}\n  may_fail: [compute]\n", "6: a vector has steps or may_fail, not both"),
        ("  steps: [compute: c]\n  prefer: ok\n", "5: unknown key 'prefer'"),
        ("  modle: sub-f32\n  steps: [compute]\n", "4: unknown key 'modle'; known here: abi, breaks,"),
        ("  may_fail: 7\n", "4: may_fail: 7 is not of type 'array'"),
        ("  matrix: {pages: {}}\n  steps: [grow: $pages]\n", "4: a matrix maps names to lists of values"),
        ("  models: {m: 7}\n  steps: [grow: 1]\n", "4: models: m: 7 is not of type 'object'"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_line(read: Read, rest: str, complaint: str) -> None:
    with pytest.raises(InputError, match=rf"/area\.yaml:{re.escape(complaint)}"):
        read(HEAD + rest)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "defaults: {abbi: [witx]}\nvectors: []\n",
            "1: defaults: unknown key 'abbi'; known here: abi, clause, encoding, fresh, graphs, needs, tries; did",
        ),
        ("defaults: {abi: [witz]}\nvectors: []\n", "1: defaults.abi[0]: 'witz' is not one of"),
        (
            "defaults: {tries: show}\n",
            "1: a file of vectors is a list of vectors, or `defaults` and the list as `vectors`",
        ),
        ("vectors: 7\n", "1: vectors: 7 is not of type 'array'"),
        (
            "default: {abi: [witx]}\nvectors: []\n",
            "1: unknown key 'default'; known here: defaults, vectors; did you mean 'defaults'?",
        ),
        ("vectors:\n- 7\n", "2: a vector is a mapping with id, clause, why and steps"),
    ],
)
def test_a_head_that_is_none_is_refused_with_its_line(read: Read, text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=rf"/area\.yaml:{re.escape(complaint)}"):
        read(text)
