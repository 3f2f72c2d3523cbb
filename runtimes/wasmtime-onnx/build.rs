//! Lets the program find ONNX Runtime where it was linked with it.

fn main() {
    println!("cargo:rerun-if-env-changed=ORT_LIB_LOCATION");
    if let Ok(folder) = std::env::var("ORT_LIB_LOCATION") {
        println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{folder}");
    }
}
