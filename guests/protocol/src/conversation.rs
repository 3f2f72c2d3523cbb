//! Requests in, replies out, one for one.

use std::io::{self, BufRead, Write};

use crate::number::number_of;
use crate::{Fault, Reply, worker};

/// Longest request in bytes: base64 of 64 MiB with room for the rest.
pub const LINE_LIMIT: usize = 96 << 20;

/// Bytes of a line that are enough to tell its number.
const HEAD: usize = 64;

enum Line {
    Whole,
    Unreadable(Fault),
    EndOfInput,
}

/// Answers each line of `input` with one line on `output` until `input` ends; or, where the first line is an HTTP request
/// with a conversation in its body, that with all replies at once.
///
/// `answer` carries a request out and fills the reply; its fault becomes an `error` reply. The number with which a line
/// begins is the reply's, too. A last line without a line feed counts. An error comes only from `input` or `output`
/// themselves.
pub fn serve(
    mut input: impl BufRead,
    mut output: impl Write,
    mut answer: impl FnMut(&str, &mut Reply) -> Result<(), Fault>,
) -> io::Result<()> {
    let mut line = Vec::new();
    let first = read_line(&mut input, &mut line, LINE_LIMIT)?;
    match worker::conversation(&line) {
        None => converse(input, output, line, first, answer),
        Some(body) => {
            let (mut body, mut replies) = (body.as_bytes(), Vec::new());
            let first = read_line(&mut body, &mut line, LINE_LIMIT)?;
            converse(body, &mut replies, line, first, &mut answer)?;
            worker::answer(&mut output, &replies)
        }
    }
}

/// Answers `line`, of which `read` tells what it is, and those behind it.
fn converse(
    mut input: impl BufRead,
    mut output: impl Write,
    mut line: Vec<u8>,
    mut read: Line,
    mut answer: impl FnMut(&str, &mut Reply) -> Result<(), Fault>,
) -> io::Result<()> {
    let mut reply = Reply::default();
    loop {
        reply.begin(number_of(&line));
        let outcome = match read {
            Line::EndOfInput => return Ok(()),
            Line::Unreadable(fault) => Err(fault),
            Line::Whole => str::from_utf8(&line)
                .map_err(|error| Fault::new(format!("not UTF-8: {error}")))
                .and_then(|request| answer(request, &mut reply)),
        };
        if let Err(fault) = outcome {
            reply.error(&fault);
        }
        output.write_all(reply.line())?;
        output.flush()?;
        read = read_line(&mut input, &mut line, LINE_LIMIT)?;
    }
}

/// Reads one line without its line feed. A line over `limit` bytes, or one there is no memory for, is skipped whole.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>, limit: usize) -> io::Result<Line> {
    line.clear();
    let mut fault = None;
    let mut started = false;
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if chunk.is_empty() && !started {
            return Ok(Line::EndOfInput);
        }
        started = true;
        let end = memchr::memchr(b'\n', chunk);
        let part = &chunk[..end.unwrap_or(chunk.len())];
        if line.len() + part.len() > limit {
            let room = HEAD.saturating_sub(line.len()).min(part.len());
            line.extend_from_slice(&part[..room]);
            fault = Some(Fault::new(format!("the line is longer than {limit} bytes")));
        } else if line.try_reserve(part.len()).is_err() {
            fault = Some(Fault::no_memory(line.len() + part.len()));
        }
        if fault.is_none() {
            line.extend_from_slice(part);
        }
        let (consumed, last) = (end.map_or(chunk.len(), |end| end + 1), end.is_some() || chunk.is_empty());
        input.consume(consumed);
        if last {
            return Ok(fault.map_or(Line::Whole, Line::Unreadable));
        }
    }
}
