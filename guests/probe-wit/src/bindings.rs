//! From the bindings of a release candidate to its functions on bare handles.
//!
//! Bindings of two candidates are different types even where their WIT is the same, so what they share is a macro.

/// Makes the module `nn` from the WIT in a folder: the functions that every candidate has.
#[macro_export]
macro_rules! bindings {
    ($wit:literal) => {
        /// As generated; strings are bytes, so that nothing is assumed of those that a host gives.
        #[allow(clippy::same_length_and_capacity, reason = "wit-bindgen's code: the length is all that a host tells")]
        mod generated {
            wit_bindgen::generate!({ path: $wit, world: "ml", raw_strings });
            pub use _rt::WasmResource;
        }

        mod nn {
            use std::mem::ManuallyDrop;

            use super::generated::WasmResource;
            use super::generated::wasi::nn::errors::ErrorCode;
            use super::generated::wasi::nn::graph::{ExecutionTarget, GraphEncoding, load, load_by_name};
            use $crate::candidate::{Handle, Kind, named, value};

            pub use super::generated::wasi::nn::errors::Error;
            pub use super::generated::wasi::nn::graph::Graph;
            pub use super::generated::wasi::nn::inference::GraphExecutionContext as Context;
            pub use super::generated::wasi::nn::tensor::{Tensor, TensorType};

            const TENSOR_TYPES: [(TensorType, &str); 7] = [
                (TensorType::Fp16, "FP16"),
                (TensorType::Fp32, "FP32"),
                (TensorType::Fp64, "FP64"),
                (TensorType::Bf16, "BF16"),
                (TensorType::U8, "U8"),
                (TensorType::I32, "I32"),
                (TensorType::I64, "I64"),
            ];
            const ENCODINGS: [(GraphEncoding, &str); 7] = [
                (GraphEncoding::Openvino, "openvino"),
                (GraphEncoding::Onnx, "onnx"),
                (GraphEncoding::Tensorflow, "tensorflow"),
                (GraphEncoding::Pytorch, "pytorch"),
                (GraphEncoding::Tensorflowlite, "tensorflowlite"),
                (GraphEncoding::Ggml, "ggml"),
                (GraphEncoding::Autodetect, "autodetect"),
            ];
            const TARGETS: [(ExecutionTarget, &str); 3] =
                [(ExecutionTarget::Cpu, "cpu"), (ExecutionTarget::Gpu, "gpu"), (ExecutionTarget::Tpu, "tpu")];
            pub const ERROR_CODES: [(ErrorCode, &str); 9] = [
                (ErrorCode::InvalidArgument, "invalid-argument"),
                (ErrorCode::InvalidEncoding, "invalid-encoding"),
                (ErrorCode::Timeout, "timeout"),
                (ErrorCode::RuntimeError, "runtime-error"),
                (ErrorCode::UnsupportedOperation, "unsupported-operation"),
                (ErrorCode::TooLarge, "too-large"),
                (ErrorCode::NotFound, "not-found"),
                (ErrorCode::Security, "security"),
                (ErrorCode::Unknown, "unknown"),
            ];

            // The four wrappers only pass the number on: ManuallyDrop, so that none drops the resource, and a call that
            // takes the resource takes the number out of the wrapper. A number of no live resource is for the canonical
            // ABI to refuse.

            pub fn tensor(handle: Handle) -> ManuallyDrop<Tensor> {
                // SAFETY: see above.
                ManuallyDrop::new(unsafe { Tensor::from_handle(handle) })
            }

            pub fn graph(handle: Handle) -> ManuallyDrop<Graph> {
                // SAFETY: see above.
                ManuallyDrop::new(unsafe { Graph::from_handle(handle) })
            }

            pub fn context(handle: Handle) -> ManuallyDrop<Context> {
                // SAFETY: see above.
                ManuallyDrop::new(unsafe { Context::from_handle(handle) })
            }

            pub fn error(handle: Handle) -> ManuallyDrop<Error> {
                // SAFETY: see above.
                ManuallyDrop::new(unsafe { Error::from_handle(handle) })
            }

            fn drop(kind: Kind, handle: Handle) {
                // SAFETY: as above; the probe keeps numbers, not wrappers, so none outlives its resource.
                unsafe {
                    match kind {
                        Kind::Context => <Context as WasmResource>::drop(handle),
                        Kind::Graph => <Graph as WasmResource>::drop(handle),
                        Kind::Tensor => <Tensor as WasmResource>::drop(handle),
                        Kind::Error => <Error as WasmResource>::drop(handle),
                    }
                }
            }

            /// A candidate of which `inference` and the constructor of `error` are told.
            pub fn candidate(
                abi: &'static str,
                inference: $crate::candidate::Inference,
                new_error: Option<$crate::candidate::NewError>,
            ) -> $crate::candidate::Candidate {
                use $crate::candidate;
                candidate::Candidate {
                    abi,
                    tensor: candidate::Tensor {
                        new: |dims, ty, data| {
                            let ty = value(&TENSOR_TYPES, "type", ty)?;
                            Ok(Tensor::new(dims, ty, data).take_handle())
                        },
                        dimensions: |handle| tensor(handle).dimensions(),
                        ty: |handle| named(&TENSOR_TYPES, tensor(handle).ty()),
                        data: |handle| tensor(handle).data(),
                    },
                    graph: candidate::Graph {
                        load: |builders, encoding, target| {
                            let encoding = value(&ENCODINGS, "encoding", encoding)?;
                            let target = value(&TARGETS, "target", target)?;
                            let outcome = load(builders, encoding, target);
                            Ok(outcome.map(|graph| graph.take_handle()).map_err(|error| error.take_handle()))
                        },
                        load_by_name: |name| {
                            load_by_name(name).map(|graph| graph.take_handle()).map_err(|error| error.take_handle())
                        },
                        init_execution_context: |handle| {
                            let outcome = graph(handle).init_execution_context();
                            outcome.map(|context| context.take_handle()).map_err(|error| error.take_handle())
                        },
                    },
                    inference,
                    error: candidate::Error {
                        new: new_error,
                        code: |handle| named(&ERROR_CODES, error(handle).code()),
                        data: |handle| error(handle).data(),
                    },
                    drop,
                }
            }
        }
    };
}

/// `Inference::OneByOne` of the bindings in module `nn`.
#[macro_export]
macro_rules! one_by_one {
    () => {
        $crate::candidate::Inference::OneByOne {
            set_input: |context, name, tensor| {
                let tensor = std::mem::ManuallyDrop::into_inner(nn::tensor(tensor));
                nn::context(context).set_input(name, tensor).map_err(|error| error.take_handle())
            },
            compute: |context| nn::context(context).compute().map_err(|error| error.take_handle()),
            get_output: |context, name| {
                let outcome = nn::context(context).get_output(name);
                outcome.map(|tensor| tensor.take_handle()).map_err(|error| error.take_handle())
            },
        }
    };
}
