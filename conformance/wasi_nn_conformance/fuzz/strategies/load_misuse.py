"""Misuse of loading: builders, encodings, targets, names of graphs."""

from typing import Any

from hypothesis import strategies as st

from wasi_nn_conformance.abi.registry import AUTODETECT
from wasi_nn_conformance.models import ENCODINGS, builders_of, load_models

from .call_misuse import BEYOND
from .misuse import FAILS, INVALID, REGISTERED, Misuse, Setting, Step, foreign, near, some

_FAR = ("unknown", "", ".", "..", "/", "/etc/passwd", "../model.xml", "model.xml", "a\x00b", "ü" * 300)
_RELU = {"id": "relu", "inputs": {"x": {"type": "f32", "shape": [1, 4]}}, "outputs": {"out": {"relu": "x"}}}
_NO_OPERATORS = (b"Rely", b"Turn", b"R_LU", b"Zzzz")


def _builder_count(draw: st.DrawFn, setting: Setting) -> list[Step]:
    if draw(st.booleans()):
        return [{"load": {"builders": [], "encoding": setting.encoding}, **INVALID}]
    parts = ENCODINGS[setting.encoding].parts
    builders: list[Any] = [{"model": setting.model.id, "part": part} for part in range(parts)]
    added: list[Any] = [builders[:1], [{"zeros": 0}], [{"zeros": 8}, {"text": "more"}]]
    counts = [[*builders, *more] for more in added] + [builders[:-1]] * (parts > 1)
    wrong = {"load": {"builders": draw(st.sampled_from(counts)), "encoding": setting.encoding}}
    return [{**wrong, "accept": ["ok", "error"], "prefer": "invalid_argument"}]


def _garbage(draw: st.DrawFn, setting: Setting) -> list[Step]:
    texts = [{"text": "This is no model."}, {"text": "<?xml version='1.0'?><net/>"}, {"zeros": 64}, {"hex": "ff" * 20}]
    builders = [draw(st.sampled_from(texts))]
    if rest := ENCODINGS[setting.encoding].parts - 1:
        cut = {"model": setting.model.id, "part": 0, "keep": draw(st.sampled_from([1, 20, 100, 200, 300]))}
        zeros = {"zeros": draw(st.sampled_from([8, 0]))}
        builders = [draw(st.sampled_from([cut, *builders])), *[zeros] * rest]
    return _not_loaded(setting, {"builders": builders, "encoding": setting.encoding})


def _other_encoding(draw: st.DrawFn, setting: Setting) -> list[Step]:
    other = draw(st.sampled_from([name for name in ENCODINGS if name != setting.encoding]))
    first = {"model": setting.model.id, "part": 0, "encoding": other}
    rest = [{"zeros": 0}] * (ENCODINGS[setting.encoding].parts - 1)
    (block,) = _not_loaded(setting, {"builders": [first, *rest], "encoding": setting.encoding})
    return [{**block, "prefer": "invalid_encoding"}]


def _unknown_operator(draw: st.DrawFn, setting: Setting) -> list[Step]:
    (relu,) = load_models([_RELU]).values()
    other = draw(st.sampled_from(_NO_OPERATORS))
    changed = ENCODINGS[setting.encoding].with_operator(builders_of(relu, setting.encoding), other)
    builders = [{"hex": data.hex()} for data in changed]
    (block,) = _not_loaded(setting, {"builders": builders, "encoding": setting.encoding})
    return [{**block, "prefer": "unsupported_operation"}]


def _autodetect(draw: st.DrawFn, setting: Setting) -> list[Step]:
    """Load a good model without saying its encoding, and infer if it was found."""
    graph, context = setting.name("g"), setting.name("n")
    load = {"load": {"model": setting.model.id, "encoding": AUTODETECT, "as": graph}}
    then = [{"context": {"graph": graph, "as": context}}, *setting.infer(draw, context)]
    return [{**load, "accept": ["ok", "error"], "prefer": "ok", "then": then}]


def _not_loaded(setting: Setting, load: dict[str, Any]) -> list[Step]:
    graph, context = setting.name("g"), setting.name("n")
    steps = [{"load": {**load, "as": graph}}, {"context": {"graph": graph, "as": context}}]
    # Without its inputs, compute fails on any model: a host that has come so far is asked elsewhere.
    return [{"fails_by": [*steps, {"compute": {"context": context}}]}]


def _foreign_encoding(draw: st.DrawFn, setting: Setting) -> list[Step]:
    garbage, good = {"builders": [{"text": "no model in any encoding"}]}, {"model": setting.model.id}
    loads = [{**builders, "encoding": name} for name in foreign(setting.tag) for builders in (garbage, good)]
    return [{"load": load, "fails": {"prefer": "invalid_encoding"}} for load in some(draw, loads)]


def _enumeration(draw: st.DrawFn, setting: Setting) -> list[Step]:
    tag = setting.tag
    beyond = {
        "encoding": (len(tag.encodings), 255, 128, *BEYOND),
        "target": (len(tag.targets), 255, 128, *BEYOND),
    }
    loads = [{"model": setting.model.id, what: {"raw": number}} for what in beyond for number in beyond[what]]
    return [{"load": load, **FAILS} for load in some(draw, loads)]


def _target(draw: st.DrawFn, setting: Setting) -> list[Step]:
    load = {"load": {"model": setting.model.id, "target": draw(st.sampled_from(["gpu", "tpu"]))}}
    return [{**load, "accept": ["ok", "error"], "prefer": "unsupported_operation"}]


def _unknown_name(draw: st.DrawFn, _setting: Setting) -> list[Step]:
    return [{"load_by_name": {"name": name}, "fails": {"prefer": "not_found"}} for name in some(draw, _FAR)]


def _name_nearby(draw: st.DrawFn, _setting: Setting) -> list[Step]:
    """Ask for names that a careless host takes for one that is registered."""
    graph = draw(st.sampled_from(sorted(REGISTERED)))
    paths = (f"/{graph}", f"./{graph}", f"{graph}/", f"x/{graph}", f"x/../{graph}", f"{graph}/model.xml")
    asked = some(draw, (*near(graph, REGISTERED), *paths), 12)
    return [{"load_by_name": {"name": name}, "fails": {"prefer": "not_found"}} for name in asked]


def _no_string(draw: st.DrawFn, _setting: Setting) -> list[Step]:
    octets = some(draw, ("80", "c0af", "eda080", "67f6df65", "61ff"))
    return [{"load_by_name": {"name": {"hex": each}}, **FAILS} for each in octets]


LOAD_MISUSES = (
    Misuse(
        "builder-count",
        "load.builder-count",
        "a host that takes the builders that it wants fails on too few, or ignores some",
        _builder_count,
        spares=True,
    ),
    Misuse(
        "other-encoding",
        "load.encoding-is-a-promise",
        "an engine that guesses the format takes what the guest did not say",
        _other_encoding,
        spares=True,
    ),
    Misuse(
        "unknown-operator",
        "load.unknown-operator",
        "a host that drops a layer it does not know, or dies of its engine's exception, fails here",
        _unknown_operator,
        spares=True,
    ),
    Misuse(
        "autodetect",
        "load.autodetect",
        "a host that takes the number for another encoding, or guesses by the first byte, loads something else",
        _autodetect,
        spares=True,
    ),
    Misuse(
        "foreign-encoding",
        "load.encoding-not-available",
        "a host with one backend may ask it whatever the encoding",
        _foreign_encoding,
        spares=True,
    ),
    Misuse(
        "enumeration",
        "load.enumeration-range",
        "a host that cuts a number to 8 bits, or has a default, takes it for a member",
        _enumeration,
        ("numbers",),
        spares=True,
    ),
    Misuse(
        "graph-name",
        "load-by-name.unknown",
        "a host that opens the name as a file, or takes the first graph, finds one",
        _unknown_name,
        spares=True,
    ),
    Misuse(
        "graph-name-nearby",
        "load-by-name.is-no-path",
        "a host that trims, folds, cuts or resolves names gives a graph that has another one",
        _name_nearby,
        spares=True,
    ),
    Misuse(
        "name-bytes",
        "load-by-name.not-a-string",
        "a host that replaces what is not UTF-8, or trusts it, finds a graph or dies",
        _no_string,
        ("pointers",),
        spares=True,
    ),
    Misuse(
        "garbage",
        "load.corrupt-model",
        "a host that hands any bytes to an engine depends on its patience",
        _garbage,
        spares=True,
    ),
    Misuse(
        "target",
        "load.target-not-available",
        "a host that has not thought of this target dies of it",
        _target,
        spares=True,
    ),
)
