//! Where a model comes from.

use std::path::Path;

use crate::read;

/// Format of a model's bytes. Its number differs from ABI to ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// `OpenVINO` IR: the XML, then the weights.
    Openvino,
    /// ONNX: one file.
    Onnx,
}

/// What to load.
#[derive(Debug, PartialEq, Eq)]
pub enum Source {
    /// The bytes of each builder, in the encoding's order.
    Builders(Encoding, Vec<Vec<u8>>),
    /// A graph that the host knows by this name.
    Named(String),
}

impl Source {
    /// Reads `model.xml` and `model.bin`, or else `model.onnx`, from `folder`.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let (xml, onnx) = (folder.join("model.xml"), folder.join("model.onnx"));
        if xml.exists() {
            Ok(Self::Builders(Encoding::Openvino, vec![read(&xml)?, read(&folder.join("model.bin"))?]))
        } else if onnx.exists() {
            Ok(Self::Builders(Encoding::Onnx, vec![read(&onnx)?]))
        } else {
            Err(format!(
                "{}: neither model.xml nor model.onnx is there, or the host shares no such folder",
                folder.display()
            ))
        }
    }
}
