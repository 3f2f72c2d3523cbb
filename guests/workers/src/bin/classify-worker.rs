//! A worker: reads a request as one JSON object, tells the digit on the picture in its body, writes one JSON object.
//!
//! The network is the named graph of the variable `MODEL`: one input, f32 `[1, 64]`, and one output, f32 `[1, 10]`.

use std::time::{Duration, Instant};

use classify::{softmax, top};
use picture::SIDE;
use serde_json::{Value, json};
use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};

use workers::{Request, Response};

/// The graph's name where the variable `MODEL` is not set.
const MODEL: &str = "digits";

/// Digits.
const CLASSES: usize = 10;

fn main() {
    let response = match Request::read() {
        Ok(request) if request.method != "POST" => {
            Response::error(405, "send a picture in PNG or JPEG with POST").header("allow", "POST")
        }
        Ok(mut request) => classified(&mut request),
        Err(mistake) => Response::error(400, &mistake),
    };
    response.write();
}

fn classified(request: &mut Request) -> Response {
    let began = Instant::now();
    let read = request.bytes().and_then(|file| picture::read(&file)).and_then(|picture| picture::digit(&picture));
    let pixels = match read {
        Ok(pixels) => pixels,
        Err(mistake) => return Response::error(422, &mistake),
    };
    let pictured = began.elapsed();
    let began = Instant::now();
    match probabilities(&pixels) {
        Ok(probabilities) => Response::new(200, found(&probabilities, &pixels, pictured, began.elapsed())),
        // Why is for the operator, who reads standard error.
        Err(failure) => {
            eprintln!("classify-worker: {failure}");
            Response::error(500, "the network cannot be asked")
        }
    }
}

/// What is answered: the most probable digit first, what the network saw (row by row, 0 is paper), and the time.
fn found(probabilities: &[f64], pixels: &[f32], picture: Duration, network: Duration) -> Value {
    let classes: Vec<Value> = top(probabilities, CLASSES)
        .iter()
        .map(|ranked| json!({ "class": ranked.class, "probability": ranked.probability }))
        .collect();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    json!({
        "classes": classes,
        "seen": pixels,
        "milliseconds": { "picture": milliseconds(picture), "network": milliseconds(network) },
    })
}

fn probabilities(pixels: &[f32; SIDE * SIDE]) -> Result<Vec<f64>, String> {
    let name = std::env::var("MODEL").unwrap_or_else(|_| MODEL.to_owned());
    let mut scores = [0f32; CLASSES];
    // The encoding says nothing of a graph by name.
    let graph = GraphBuilder::new(GraphEncoding::Autodetec, ExecutionTarget::CPU).build_from_cache(&name);
    let graph = graph.map_err(|error| format!("graph {name:?}: {error}"))?;
    let mut run = || {
        let mut context = graph.init_execution_context()?;
        context.set_input(0, TensorType::F32, &[1, SIDE * SIDE], pixels)?;
        context.compute()?;
        context.get_output(0, &mut scores)
    };
    let size = run().map_err(|error: wasi_nn::Error| error.to_string())?;
    if size != size_of_val(&scores) {
        return Err(format!("{size} bytes are no {CLASSES} scores"));
    }
    softmax(&scores)
}
