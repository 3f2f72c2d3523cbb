//! A worker that computes with the tensor in its body: f32, little-endian, of the shape that the variable `SHAPE` says.
//!
//! It asks the named graph of the variable `MODEL`, which has one input and one output in f32, and answers the index of
//! the largest element of the output with its value.

use serde_json::json;
use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};
use workers::{Request, Response};

/// Most elements of the output.
const MOST: usize = 4096;

fn main() {
    let response = match Request::read().and_then(|mut request| largest(&request.bytes()?)) {
        Ok((index, value)) => Response::new(200, json!({ "index": index, "value": value })),
        Err(mistake) => Response::error(422, &mistake),
    };
    response.write();
}

fn largest(tensor: &[u8]) -> Result<(usize, f32), String> {
    let name = variable("MODEL")?;
    let shape: Result<Vec<usize>, _> = variable("SHAPE")?.split(',').map(str::parse).collect();
    let shape = shape.map_err(|error| format!("SHAPE: {error}"))?;
    let mut output = vec![0f32; MOST];
    // The encoding says nothing of a graph by name.
    let graph = GraphBuilder::new(GraphEncoding::Autodetec, ExecutionTarget::CPU).build_from_cache(&name);
    let graph = graph.map_err(|error| format!("graph {name:?}: {error}"))?;
    let mut run = || {
        let mut context = graph.init_execution_context()?;
        context.set_input(0, TensorType::F32, &shape, tensor)?;
        context.compute()?;
        context.get_output(0, &mut output)
    };
    let size = run().map_err(|error: wasi_nn::Error| error.to_string())?;
    let elements = output[..size / 4].iter().copied().enumerate();
    elements.max_by(|(_, one), (_, other)| one.total_cmp(other)).ok_or_else(|| "the output is empty".to_owned())
}

fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}"))
}
