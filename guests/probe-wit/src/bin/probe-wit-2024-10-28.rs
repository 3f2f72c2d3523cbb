//! The probe for `wasi:nn@0.2.0-rc-2024-10-28`: all inputs and outputs pass with one call of `compute`.

use std::mem::ManuallyDrop;
use std::process::ExitCode;

use probe_wit::candidate::Inference;

probe_wit::bindings!("../wit/2024-10-28");

fn main() -> ExitCode {
    let inference = Inference::AtOnce {
        compute: |context, inputs| {
            let inputs = inputs.into_iter().map(|(name, tensor)| (name, ManuallyDrop::into_inner(nn::tensor(tensor))));
            let outcome = nn::context(context).compute(inputs.collect());
            outcome
                .map(|outputs| outputs.into_iter().map(|(name, tensor)| (name, tensor.take_handle())).collect())
                .map_err(|error| error.take_handle())
        },
    };
    probe_wit::run(nn::candidate("wit-2024-10-28", inference, None))
}
