//! The probe for `wasi:nn@0.2.0-rc-2024-08-19`: inputs and outputs pass one by one.

use std::process::ExitCode;

probe_wit::bindings!("../wit/2024-08-19");

fn main() -> ExitCode {
    probe_wit::run(nn::candidate("wit-2024-08-19", probe_wit::one_by_one!(), None))
}
