//! A whole conversation in one HTTP request: hosts that run modules as HTTP workers write the request to standard input
//! and read the answer from standard output, each one JSON object.

use std::io::{self, Write};

use crate::Fields;

/// Returns the conversation in what such a host wrote, or nothing if `line` is a request of a conversation itself.
pub fn conversation(line: &[u8]) -> Option<String> {
    let mut fields = Fields::parse(str::from_utf8(line).ok()?).ok()?;
    if fields.take_optional("call").is_some() {
        return None;
    }
    fields.take("method").ok()?;
    Some(fields.take("body").ok()?.text().ok()?.into_owned())
}

/// Writes the answer with the replies of a conversation.
pub fn answer(mut output: impl Write, replies: &[u8]) -> io::Result<()> {
    let data = serde_json::to_string(&String::from_utf8_lossy(replies)).map_err(io::Error::other)?;
    write!(output, r#"{{"headers":{{"content-type":"text/plain; charset=utf-8"}},"data":{data}}}"#)?;
    output.flush()
}
