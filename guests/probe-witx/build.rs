//! Lays the probe's memory out: data from 1024 on, then the stack, then the heap. Nothing of ours lies below 1024, so
//! requests may place bytes there, at address 0 too.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=--no-stack-first");
    println!("cargo::rustc-link-arg-bins=--global-base=1024");
}
