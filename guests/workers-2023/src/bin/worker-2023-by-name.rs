//! Takes the model that the server has loaded before, by its name, with the crate wasi-nn 0.5.0.

use wasi_nn_05::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};
use workers_2023::{CLASSES, answer};

fn main() {
    answer(|pixels| {
        let name = std::env::var("MODEL").unwrap();
        let graph = GraphBuilder::new(GraphEncoding::Openvino, ExecutionTarget::CPU).build_from_cache(&name).unwrap();
        let mut context = graph.init_execution_context().unwrap();
        context.set_input(0, TensorType::F32, &[1, pixels.len()], pixels).unwrap();
        context.compute().unwrap();
        let mut scores = [0f32; CLASSES];
        context.get_output(0, &mut scores).unwrap();
        scores
    });
}
