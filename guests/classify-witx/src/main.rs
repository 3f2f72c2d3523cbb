//! Classifies greyscale images through wasi-nn as core modules import it.

use std::process::ExitCode;

use classify::{Encoding, Image, Model, Source};
use witx::{errno_name, wasi_ephemeral_nn as nn};

/// Number of the type f32 (wasi-nn.witx, `$tensor_type`).
const F32: u8 = 1;

/// Number of the target cpu (wasi-nn.witx, `$execution_target`).
const CPU: u32 = 0;

/// Most classes of a model.
const MOST_CLASSES: usize = 4096;

/// An execution context of the model; the program's end frees it, as the ABI has no call for that.
struct Context(u32);

#[repr(C)]
struct Builder {
    address: u32,
    length: u32,
}

/// A tensor's record (wasi-nn.witx, `$tensor`): 20 bytes.
#[repr(C)]
struct Tensor {
    dims: u32,
    rank: u32,
    element: u8,
    data: u32,
    length: u32,
}

fn main() -> ExitCode {
    classify::run("classify-witx", Context::load)
}

impl Context {
    fn load(source: &Source) -> Result<Self, String> {
        let (mut graph, mut context) = (0u32, 0u32);
        match source {
            Source::Builders(encoding, files) => {
                let builders: Vec<Builder> = files
                    .iter()
                    .map(|file| Builder { address: address(file.as_ptr()), length: length(file) })
                    .collect();
                // SAFETY: the host reads the records and the files and writes the handle; all outlive the call.
                succeed("load", unsafe {
                    let (records, count) = (address(builders.as_ptr()), length(&builders));
                    nn::load(records, count, number(*encoding), CPU, address(&raw mut graph))
                })?;
            }
            Source::Named(name) => {
                // SAFETY: the host reads the name and writes the handle; both outlive the call.
                let errno = unsafe {
                    nn::load_by_name(address(name.as_ptr()), length(name.as_bytes()), address(&raw mut graph))
                };
                succeed("load_by_name", errno).map_err(|failure| format!("graph {name:?}: {failure}"))?;
            }
        }
        // SAFETY: the host writes the handle, which outlives the call.
        succeed("init_execution_context", unsafe { nn::init_execution_context(graph, address(&raw mut context)) })?;
        Ok(Self(context))
    }
}

impl Model for Context {
    fn scores(&mut self, image: &Image) -> Result<Vec<f32>, String> {
        let dims = [1, length(&image.pixels)];
        let tensor = Tensor {
            dims: address(dims.as_ptr()),
            rank: length(&dims),
            element: F32,
            data: address(image.pixels.as_ptr()),
            length: length(&image.pixels) * 4,
        };
        // SAFETY: the host reads the record, dims and pixels, which outlive the call.
        succeed("set_input", unsafe { nn::set_input(self.0, 0, address(&raw const tensor)) })?;
        // SAFETY: no pointer is passed.
        succeed("compute", unsafe { nn::compute(self.0) })?;
        let mut scores = vec![0f32; MOST_CLASSES];
        let mut size = 0u32;
        // SAFETY: the host writes at most the bytes of `scores`, any of which make a float, and the size.
        succeed("get_output", unsafe {
            let (buffer, most) = (scores.as_mut_ptr(), length(&scores) * 4);
            nn::get_output(self.0, 0, address(buffer), most, address(&raw mut size))
        })?;
        let count = size as usize / 4;
        if size == 0 || !size.is_multiple_of(4) || count > MOST_CLASSES {
            return Err(format!("get_output: {size} bytes are no scores in f32"));
        }
        scores.truncate(count);
        Ok(scores)
    }
}

fn number(encoding: Encoding) -> u32 {
    match encoding {
        Encoding::Openvino => 0,
        Encoding::Onnx => 1,
    }
}

fn succeed(function: &str, errno: i32) -> Result<(), String> {
    match errno {
        0 => Ok(()),
        _ => Err(format!("{function}: errno {errno}, {}", errno_name(errno))),
    }
}

/// Addresses and lengths of wasm32 have 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "usize is u32 on wasm32")]
fn address<T>(pointer: *const T) -> u32 {
    pointer.expose_provenance() as u32
}

#[expect(clippy::cast_possible_truncation, reason = "usize is u32 on wasm32")]
fn length<T>(items: &[T]) -> u32 {
    items.len() as u32
}
