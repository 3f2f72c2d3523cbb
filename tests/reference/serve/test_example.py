"""The example that `wasi-nn serve --init` writes, and its worker."""

from __future__ import annotations

import base64
import io
import runpy
import struct
import tomllib
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from PIL import Image
from serving import Serving

from wasi_nn_cli import program
from wasi_nn_reference.serve.example import PARTS, write_example

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

HOUSE = Path(__file__).resolve().parents[3]
PICTURES = sorted((HOUSE / "examples" / "digits" / "pictures").iterdir())
LABELS = {path: int(path.name.split("-")[1]) for path in PICTURES}
ANY = PICTURES[3]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The example, served once for all tests."""
    around = tmp_path_factory.mktemp("example")
    made = Serving(around / "site", around)
    write_example(made.folder)
    yield made
    made.stop()


def send(example: Serving, body: bytes) -> httpx.Response:
    return example.client.post("/classify", content=body)


def found(response: httpx.Response) -> dict[str, Any]:
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    answer: dict[str, Any] = response.json()
    return answer


def classes(response: httpx.Response) -> list[int]:
    return [each["class"] for each in found(response)["classes"]]


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def three() -> Image.Image:
    """Return the picture of a three."""
    with Image.open(ANY) as file:
        return file.copy()


def saved(picture: Image.Image, **options: Any) -> bytes:
    made = io.BytesIO()
    picture.save(made, **options)
    return made.getvalue()


def test_the_pictures_are_in_both_formats() -> None:
    assert {path.suffix for path in PICTURES} == {".png", ".jpg"}
    assert sorted(LABELS.values()) == list(range(10))


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_the_worker_tells_each_digit(example: Serving, picture: Path) -> None:
    answer = found(send(example, picture.read_bytes()))
    told = [each["probability"] for each in answer["classes"]]
    assert answer["classes"][0]["class"] == LABELS[picture]
    assert sorted(each["class"] for each in answer["classes"]) == list(range(10))
    assert told == sorted(told, reverse=True)


def test_probabilities_are_those_of_the_network(example: Serving) -> None:
    answer = found(send(example, ANY.read_bytes()))
    told = {each["class"]: each["probability"] for each in answer["classes"]}
    model = onnx.load(HOUSE / "examples" / "digits" / "onnx" / "model.onnx")
    constants = {
        node.output[0]: numpy_helper.to_array(node.attribute[0].t)
        for node in model.graph.node
        if node.op_type == "Constant"
    } | {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    first, first_bias, second, second_bias = (each.astype(float) for each in constants.values())
    scores = np.maximum(np.array(answer["seen"]) @ first + first_bias, 0) @ second + second_bias
    expected = np.exp(scores) / np.exp(scores).sum()
    assert np.allclose([told[digit] for digit in range(10)], expected.ravel(), atol=1e-5)


def test_held_out_images_are_read_as_pictures(example: Serving) -> None:
    """As many as the example's README says: on another machine a few more or less."""
    pictures = runpy.run_path(str(HOUSE / "examples" / "digits" / "pictures.py"))
    held_out = HOUSE / "examples" / "digits" / "held-out"
    labels = [int(line) for line in (held_out / "labels.txt").read_text().split()]
    with Image.open(held_out / "images.pgm") as file:
        images = np.asarray(file, dtype=float).reshape(len(labels), 8, 8)
    told = [classes(send(example, saved(pictures["picture"](image), format="PNG")))[0] for image in images]
    right = sum(digit == label for digit, label in zip(told, labels, strict=True))
    assert right == pytest.approx(416, abs=5)


def test_the_time_is_told_by_its_parts(example: Serving) -> None:
    told = found(send(example, ANY.read_bytes()))["milliseconds"]
    assert set(told) == {"picture", "network"}
    assert all(value > 0 for value in told.values())


def test_a_picture_in_base64_is_the_same(example: Serving) -> None:
    plain, encoded = (found(send(example, body)) for body in (ANY.read_bytes(), base64.b64encode(ANY.read_bytes())))
    assert plain["seen"] == encoded["seen"]


@pytest.mark.parametrize(
    "body",
    [
        saved(three(), format="PNG"),
        saved(three().quantize(16), format="PNG"),
        saved(three().convert("I;16").point(lambda value: value * 257), format="PNG"),
        saved(three().convert("RGB"), format="JPEG", progressive=True, quality=60),
        saved(three().convert("CMYK"), format="JPEG"),
    ],
    ids=["png", "palette", "sixteen-bits", "progressive", "cmyk"],
)
def test_other_forms_of_the_formats(example: Serving, body: bytes) -> None:
    assert classes(send(example, body))[0] == 3


def test_a_picture_is_turned_as_the_camera_was_held(example: Serving) -> None:
    turned = three().transpose(Image.Transpose.ROTATE_90)
    exif = turned.getexif()
    exif[0x0112] = 6  # to be shown a quarter to the right
    assert classes(send(example, saved(turned, format="JPEG", quality=95, exif=exif)))[0] == 3


def test_what_is_transparent_is_paper(example: Serving) -> None:
    ink = Image.eval(three().convert("L"), lambda value: 255 - value)
    drawn = Image.merge("LA", (Image.new("L", ink.size, 0), ink))
    assert classes(send(example, saved(drawn, format="PNG")))[0] == 3


def test_a_photograph_is_large(example: Serving) -> None:
    large = three().resize((3000, 3000), Image.Resampling.BICUBIC)
    assert classes(send(example, saved(large, format="JPEG", quality=50)))[0] == 3


def bomb() -> bytes:
    """Return a PNG of a few bytes that says it has 4 G pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 65535, 65535, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "the file is neither PNG nor JPEG"),
        (b"hello", "the file is neither PNG nor JPEG"),
        (b"GIF89a", "the file is neither PNG nor JPEG"),
        (PICTURES[0].read_bytes()[:300], "the picture cannot be read: "),
        (bomb(), "the picture cannot be read: "),
    ],
    ids=["nothing", "text", "another-format", "cut-off", "bomb"],
)
def test_what_is_no_picture_is_told(example: Serving, body: bytes, complaint: str) -> None:
    status, told = refusal(send(example, body))
    assert status == 422
    assert told.startswith(complaint)


def test_an_empty_picture_is_told(example: Serving) -> None:
    empty = saved(Image.new("L", (50, 50), 200), format="PNG")
    assert refusal(send(example, empty)) == (422, "there is nothing on the picture")


def test_another_method_is_refused(example: Serving) -> None:
    response = example.client.get("/classify")
    assert refusal(response) == (405, "send a picture in PNG or JPEG with POST")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css", "/icon.svg", "/samples/digit-0-208.png"])
def test_the_files_of_the_page(example: Serving, path: str) -> None:
    assert example.get(path).status_code == 200


def test_neither_the_model_nor_the_settings_are_sent(example: Serving) -> None:
    paths = ["/_models/digits/model.xml", "/classify.toml", "/classify.wasm"]
    assert [example.get(path).status_code for path in paths] == [404] * 3


def test_the_program_writes_the_example(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "start"
    assert program.main(["serve", "--init", str(folder)]) == 0
    assert (folder / "classify.wasm").read_bytes()[:4] == b"\0asm"
    assert (folder / "_models" / "digits" / "model.xml").is_file()
    said = f"the example is in {folder}; start it with `wasi-nn serve {folder}`, and open http://127.0.0.1:8080/"
    assert capfd.readouterr().err == f"wasi-nn: {said}\n"


def test_a_folder_that_has_something_is_not_written_into(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("")
    assert program.main(["serve", "--init", str(tmp_path)]) == 1
    said = f"{tmp_path}: is there already; name a folder that is not, or an empty one"
    assert capfd.readouterr().err == f"wasi-nn: {said}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_wheels_have_the_same_parts() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    top = "wasi_nn_reference/data/workers"
    assert {place: part for part, place in included.items() if place.startswith(top)} == {
        f"{top}/{place}".rstrip("/"): part for place, part in PARTS.items()
    }
