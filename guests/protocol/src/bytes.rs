//! Bytes as they travel: standard base64 with padding (RFC 4648, section 4).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Fault;

/// Bytes of a request, not decoded yet, so that they can be decoded where they are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes<'a> {
    text: Cow<'a, str>,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(text: Cow<'a, str>) -> Result<Self, Fault> {
        if text.len().is_multiple_of(4) {
            Ok(Self { text })
        } else {
            Err(Fault::new(format!(
                "base64 comes in groups of 4 characters, padded with \"=\": these are {}",
                text.len()
            )))
        }
    }

    /// How many bytes the text stands for, if it is valid base64.
    #[must_use]
    pub fn len(&self) -> usize {
        let padding = self.text.bytes().rev().take(2).take_while(|&byte| byte == b'=').count();
        self.text.len() / 4 * 3 - padding
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Decodes into `target`, which is [`Bytes::len`] bytes long. After a fault its content is not defined.
    pub fn decode_into(&self, target: &mut [u8]) -> Result<(), Fault> {
        let expected = target.len();
        let written = STANDARD
            .decode_slice(self.text.as_bytes(), target)
            .map_err(|error| Fault::new(format!("not base64: {error}")))?;
        if written == expected {
            Ok(())
        } else {
            Err(Fault::new(format!("base64 of {written} bytes where {expected} are wanted")))
        }
    }

    /// Decodes into a vector of its own.
    pub fn decode(&self) -> Result<Vec<u8>, Fault> {
        let mut target = Vec::new();
        target.try_reserve_exact(self.len()).map_err(|_| Fault::no_memory(self.len()))?;
        target.resize(self.len(), 0);
        self.decode_into(&mut target)?;
        Ok(target)
    }
}
