// Classifies a handwritten digit through wasi-nn, as components import it: `classify < IMAGE.pgm`.
//
// The model is the one that the host has registered under the name digits.
import { getStdin } from "wasi:cli/stdin@0.2.0";
import { loadByName } from "wasi:nn/graph@0.2.0-rc-2024-10-28";
import { Tensor } from "wasi:nn/tensor@0.2.0-rc-2024-10-28";

const PIXELS = 64;

/** All bytes of the standard input. */
function input() {
  const stream = getStdin();
  const bytes = [];
  for (;;) {
    try {
      bytes.push(...stream.blockingRead(4096n));
    } catch (failure) {
      if (failure.payload?.tag === "closed") return Uint8Array.from(bytes);
      throw failure;
    }
  }
}

/** The pixels of a PGM file with 8 x 8 bytes, from 0 to 1. */
function pixels(file) {
  const header = String.fromCharCode(...file.slice(0, -PIXELS)).trim().split(/\s+/);
  const [form, width, height, maximum] = header;
  if (form !== "P5" || width * height !== PIXELS) throw new Error(`no PGM image of ${PIXELS} pixels in bytes`);
  return Float32Array.from(file.slice(-PIXELS), (value) => value / maximum);
}

export const run = {
  run() {
    const context = loadByName("digits").initExecutionContext();
    const image = new Tensor([1, PIXELS], "FP32", new Uint8Array(pixels(input()).buffer));
    const [[, output]] = context.compute([["image", image]]);
    const scores = new Float32Array(output.data().slice().buffer);
    console.log(scores.indexOf(Math.max(...scores)));
  },
};
