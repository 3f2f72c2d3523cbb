import pytest
from wit_guest import NEWEST, TAGS, component
from witx_guest import PREBUILT, engine

GUESTS = ["classify-wit", *(f"probe-wit-{tag}" for tag in TAGS)]


@pytest.mark.parametrize("name", GUESTS)
def test_the_component_exports_a_command(name: str) -> None:
    assert list(component(name).type.exports(engine())) == ["wasi:cli/run@0.2.0"]


def test_the_classifier_imports_the_newest_candidate() -> None:
    imports = component("classify-wit").type.imports(engine())
    interfaces = {name for name in imports if name.startswith("wasi:nn/")}
    assert interfaces == {f"wasi:nn/{one}@0.2.0-rc-{NEWEST}" for one in ("tensor", "graph", "inference", "errors")}


@pytest.mark.parametrize("name", GUESTS)
def test_no_path_of_the_building_machine_is_inside(name: str) -> None:
    data = (PREBUILT / f"{name}.wasm").read_bytes()
    assert not [part for part in (b"/home/", b"/root/", b"/tmp/", b".cargo", b"registry/src") if part in data]
