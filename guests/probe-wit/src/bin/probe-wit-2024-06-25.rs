//! The probe for `wasi:nn@0.2.0-rc-2024-06-25`: inputs and outputs pass one by one, and a guest can make errors.

use std::process::ExitCode;

use probe_wit::candidate::value;

probe_wit::bindings!("../wit/2024-06-25");

fn main() -> ExitCode {
    let new_error = |code: &str, data: &[u8]| {
        let code = value(&nn::ERROR_CODES, "code", code)?;
        Ok(nn::Error::new(code, data).take_handle())
    };
    probe_wit::run(nn::candidate("wit-2024-06-25", probe_wit::one_by_one!(), Some(new_error)))
}
