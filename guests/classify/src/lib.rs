//! A guest that classifies greyscale images: all of it but the calls of an ABI.
//!
//! The model has one input `image`, f32 of shape `[1, pixels]` with values from 0 to 1, and one output `scores`, f32 of
//! shape `[1, classes]`, from which softmax makes probabilities.

mod image;
mod options;
mod ranking;
mod source;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

pub use image::Image;
pub use options::Options;
pub use ranking::{Ranked, softmax, top};
pub use source::{Encoding, Source};

/// A loaded model, whatever the ABI it was loaded through.
pub trait Model {
    /// The scores of an image, one for each class. The error says which call failed and how.
    fn scores(&mut self, image: &Image) -> Result<Vec<f32>, String>;
}

/// Runs the program: 0 if every image was classified, 1 if something failed, 2 if the command line is wrong.
pub fn run<M: Model>(program: &str, load: impl FnOnce(&Source) -> Result<M, String>) -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(mistake) => {
            let usage = "[--top K] (MODELDIR | --graph NAME) IMAGE...";
            eprintln!("{program}: {mistake}\nusage: {program} {usage}");
            return ExitCode::from(2);
        }
    };
    match classify(&options, load) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{program}: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn classify<M: Model>(options: &Options, load: impl FnOnce(&Source) -> Result<M, String>) -> Result<(), String> {
    let mut model = load(&options.source()?)?;
    let mut output = io::stdout().lock();
    for path in &options.images {
        let image = Image::parse(&read(Path::new(path))?).map_err(|mistake| format!("{path}: {mistake}"))?;
        let scores = model.scores(&image).map_err(|failure| format!("{path}: {failure}"))?;
        let probabilities = softmax(&scores).map_err(|mistake| format!("{path}: {mistake}"))?;
        let ranked: Vec<String> = top(&probabilities, options.top).iter().map(ToString::to_string).collect();
        writeln!(output, "{path}: {}", ranked.join(", ")).map_err(|error| format!("standard output: {error}"))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
