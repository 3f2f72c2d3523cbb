//! Wasmtime's `run` with the ONNX backend of its wasi-nn, which its releases are built without.

use clap::Parser;
use wasmtime_cli::commands::RunCommand;

/// Wasmtime with wasi-nn on ONNX.
#[derive(Parser)]
#[command(name = "wasmtime", version)]
enum Wasmtime {
    /// Run a module or a component.
    Run(Box<RunCommand>),
}

fn main() -> wasmtime::Result<()> {
    let Wasmtime::Run(command) = Wasmtime::parse();
    command.execute()
}
