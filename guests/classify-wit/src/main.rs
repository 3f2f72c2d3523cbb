//! Classifies greyscale images through wasi-nn as components import it, `wasi:nn@0.2.0-rc-2024-10-28`.

use std::process::ExitCode;

use classify::{Encoding, Image, Model, Source};

/// As generated from the WIT.
#[allow(clippy::same_length_and_capacity, reason = "wit-bindgen's code: the length is all that a host tells")]
mod generated {
    wit_bindgen::generate!({ path: "../wit/2024-10-28", world: "ml" });
}

use generated::wasi::nn::errors::{Error, ErrorCode};
use generated::wasi::nn::graph::{ExecutionTarget, Graph, GraphEncoding, load, load_by_name};
use generated::wasi::nn::inference::GraphExecutionContext;
use generated::wasi::nn::tensor::{Tensor, TensorType};

/// Name of the model's input.
const INPUT: &str = "image";

/// A model with its execution context, which is dropped first: not every host lets it outlive its graph.
struct Loaded {
    context: GraphExecutionContext,
    _graph: Graph,
}

fn main() -> ExitCode {
    classify::run("classify-wit", Loaded::load)
}

impl Loaded {
    fn load(source: &Source) -> Result<Self, String> {
        let graph = match source {
            Source::Builders(encoding, files) => {
                load(files, value(*encoding), ExecutionTarget::Cpu).map_err(|error| failure("load", &error))?
            }
            Source::Named(name) => {
                load_by_name(name).map_err(|error| format!("graph {name:?}: {}", failure("load-by-name", &error)))?
            }
        };
        let context = graph.init_execution_context().map_err(|error| failure("init-execution-context", &error))?;
        Ok(Self { context, _graph: graph })
    }
}

impl Model for Loaded {
    fn scores(&mut self, image: &Image) -> Result<Vec<f32>, String> {
        let pixels = u32::try_from(image.pixels.len()).map_err(|_| "the image is too large".to_owned())?;
        let data: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        let tensor = Tensor::new(&[1, pixels], TensorType::Fp32, &data);
        let outputs = self.context.compute(vec![(INPUT.to_owned(), tensor)]);
        let outputs = outputs.map_err(|error| failure("compute", &error))?;
        // Its name is not looked at: there are hosts that number outputs.
        let [(_, scores)] = outputs.as_slice() else {
            return Err(format!("compute: {} outputs where one is wanted", outputs.len()));
        };
        let data = scores.data();
        let (floats, rest) = data.as_chunks::<4>();
        if scores.ty() != TensorType::Fp32 || floats.is_empty() || !rest.is_empty() {
            return Err(format!("compute: {} bytes of {:?} are no scores in FP32", data.len(), scores.ty()));
        }
        Ok(floats.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
    }
}

fn value(encoding: Encoding) -> GraphEncoding {
    match encoding {
        Encoding::Openvino => GraphEncoding::Openvino,
        Encoding::Onnx => GraphEncoding::Onnx,
    }
}

fn failure(function: &str, error: &Error) -> String {
    let code = match error.code() {
        ErrorCode::InvalidArgument => "invalid-argument",
        ErrorCode::InvalidEncoding => "invalid-encoding",
        ErrorCode::Timeout => "timeout",
        ErrorCode::RuntimeError => "runtime-error",
        ErrorCode::UnsupportedOperation => "unsupported-operation",
        ErrorCode::TooLarge => "too-large",
        ErrorCode::NotFound => "not-found",
        ErrorCode::Security => "security",
        ErrorCode::Unknown => "unknown",
    };
    format!("{function}: {code}, {}", error.data())
}
