//! The command line.

use crate::Source;

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// Classes to print for each image, 1 or more.
    pub top: usize,
    /// Paths of the images.
    pub images: Vec<String>,
    model: Model,
}

#[derive(Debug, PartialEq, Eq)]
enum Model {
    Folder(String),
    Graph(String),
}

impl Options {
    /// Reads arguments, the program's name not among them. The error says what is wrong.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = arguments.peekable();
        let (mut top, mut graph) = (3, None);
        while let Some(option) = arguments.next_if(|argument| argument.starts_with("--")) {
            let mut value = || arguments.next().ok_or_else(|| format!("{option} wants a value"));
            match option.as_str() {
                "--top" => {
                    let text = value()?;
                    top = text
                        .parse()
                        .ok()
                        .filter(|&top| top > 0)
                        .ok_or_else(|| format!("--top wants a whole number from 1 on, not {text:?}"))?;
                }
                "--graph" => graph = Some(value()?),
                _ => return Err(format!("unknown option {option}")),
            }
        }
        let model = match graph {
            Some(name) => Model::Graph(name),
            None => Model::Folder(arguments.next().ok_or("no folder with a model is given")?),
        };
        let images: Vec<String> = arguments.collect();
        if images.is_empty() {
            return Err("no image is given".to_owned());
        }
        Ok(Self { top, images, model })
    }

    /// The model that was asked for, its files read.
    pub fn source(&self) -> Result<Source, String> {
        match &self.model {
            Model::Folder(folder) => Source::read(folder.as_ref()),
            Model::Graph(name) => Ok(Source::Named(name.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn folder_and_images() {
        let options = parse("model a.pgm b.pgm").unwrap();
        assert_eq!((options.top, options.images), (3, vec!["a.pgm".to_owned(), "b.pgm".to_owned()]));
        assert_eq!(options.model, Model::Folder("model".to_owned()));
    }

    #[test]
    fn graph_takes_the_folders_place() {
        let options = parse("--graph digits --top 1 a.pgm").unwrap();
        assert_eq!((options.top, options.images), (1, vec!["a.pgm".to_owned()]));
        assert_eq!(options.model, Model::Graph("digits".to_owned()));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("", "no folder"),
            ("model", "no image"),
            ("--graph digits", "no image"),
            ("--graph", "--graph wants a value"),
            ("--top 0 model a.pgm", "not \"0\""),
            ("--top many model a.pgm", "not \"many\""),
            ("--fast model a.pgm", "unknown option --fast"),
        ] {
            let mistake = parse(line).unwrap_err();
            assert!(mistake.contains(part), "{line:?} gave {mistake:?}");
        }
    }
}
