//! Why a request was not carried out.

use std::fmt::{self, Display};

/// What is wrong with a request, in words for whoever wrote it; the probe sends it back as the `error` of the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(String);

impl Fault {
    /// A fault that says `what` is wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The fault of not having `bytes` bytes of memory left.
    #[must_use]
    pub fn no_memory(bytes: usize) -> Self {
        Self(format!("the probe cannot get {bytes} bytes of memory"))
    }

    /// The same fault, with the place in the request where it lies.
    #[must_use]
    pub fn within(self, place: impl Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `text` in quotes, cut after 60 characters: a request may carry a name of many MiB.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}
