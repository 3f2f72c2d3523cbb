//! Loads its model from a mounted folder, with the crate wasi-nn 0.4.0.

use std::fs;

use wasi_nn_04::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};
use workers_2023::{CLASSES, answer};

fn main() {
    answer(|pixels| {
        let [xml, weights] = ["model.xml", "model.bin"].map(|file| fs::read(format!("/tmp/model/{file}")).unwrap());
        let graph = GraphBuilder::new(GraphEncoding::Openvino, ExecutionTarget::CPU)
            .build_from_bytes([&xml, &weights])
            .unwrap();
        let mut context = graph.init_execution_context().unwrap();
        context.set_input(0, TensorType::F32, &[1, pixels.len()], pixels).unwrap();
        context.compute().unwrap();
        let mut scores = [0f32; CLASSES];
        context.get_output(0, &mut scores).unwrap();
        scores
    });
}
