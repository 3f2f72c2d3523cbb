//! What an HTTP worker reads and writes.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read, Write};
use std::ops::Range;

use base64_simd::STANDARD;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, json};

/// Bytes that a request may have without being moved while it is read. What of it is not written takes no memory.
const ROOM: usize = 1 << 20;

/// A request; what else stands in it is not asked for here.
pub struct Request {
    /// The method of HTTP, in capitals.
    pub method: String,
    /// Holds the body, at `body`.
    text: Vec<u8>,
    body: Range<usize>,
    is_base64: bool,
}

impl Request {
    /// Reads the request from standard input. The error says what is wrong with it.
    pub fn read() -> Result<Self, String> {
        let mut text = Vec::with_capacity(ROOM);
        io::stdin().read_to_end(&mut text).map_err(|error| format!("standard input: {error}"))?;
        let fields: Fields =
            serde_json::from_slice(&text).map_err(|error| format!("the request is no JSON object: {error}"))?;
        let missing = |name: &str| format!("the request has no text {name:?}");
        let (method, is_base64) = (fields.method.ok_or_else(|| missing("method"))?, fields.is_base64);
        let (text, body) = match fields.body.ok_or_else(|| missing("body"))? {
            Cow::Borrowed(part) => {
                let start = part.as_ptr().addr() - text.as_ptr().addr();
                let body = start..start + part.len();
                (text, body)
            }
            Cow::Owned(unescaped) => {
                let body = 0..unescaped.len();
                (unescaped, body)
            }
        };
        Ok(Self { method, text, body, is_base64 })
    }

    /// The bytes of the body, which is base64 if the server says so, or if the client wrote it so.
    pub fn bytes(&mut self) -> Result<Cow<'_, [u8]>, String> {
        let body = &mut self.text[self.body.clone()];
        if self.is_base64 {
            // In place: to write a page of memory for the first time takes longer than to decode what goes there.
            let bytes = STANDARD.decode_inplace(body).map_err(|error| format!("the body is no base64: {error}"))?;
            (self.body.end, self.is_base64) = (self.body.start + bytes.len(), false);
            return Ok(Cow::Borrowed(bytes));
        }
        Ok(STANDARD.decode_to_vec(body.trim_ascii()).map_or(Cow::Borrowed(body), Cow::Owned))
    }
}

/// What is asked of a request; the body is not copied unless it has escapes.
#[derive(Default)]
struct Fields<'a> {
    method: Option<String>,
    body: Option<Cow<'a, [u8]>>,
    is_base64: bool,
}

impl<'a> Deserialize<'a> for Fields<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'a> Visitor<'a> for Members {
    type Value = Fields<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "method" => fields.method = Some(map.next_value()?),
                "body" => fields.body = Some(map.next_value::<Text>()?.0),
                "body_base64" => fields.is_base64 = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// A string as bytes: nobody here asks whether all of a long one is UTF-8.
struct Text<'a>(Cow<'a, [u8]>);

impl<'a> Deserialize<'a> for Text<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Characters).map(Self)
    }
}

struct Characters;

impl<'a> Visitor<'a> for Characters {
    type Value = Cow<'a, [u8]>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'a [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(bytes))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(bytes.to_vec()))
    }
}

/// An answer.
pub struct Response {
    status: u16,
    headers: Map<String, Value>,
    data: Value,
}

impl Response {
    /// An answer in JSON, which no cache keeps.
    #[must_use]
    pub fn new(status: u16, data: Value) -> Self {
        let mut response = Self { status, headers: Map::new(), data };
        for (name, value) in [("content-type", "application/json"), ("cache-control", "no-store")] {
            response = response.header(name, value);
        }
        response
    }

    /// An answer that says what is wrong.
    #[must_use]
    pub fn error(status: u16, mistake: &str) -> Self {
        Self::new(status, json!({ "error": mistake }))
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    /// Writes the answer to standard output.
    pub fn write(&self) {
        let answer = json!({ "status": self.status, "headers": self.headers, "data": self.data.to_string() });
        // A server that no longer reads has nobody to tell.
        let _ = io::stdout().write_all(answer.to_string().as_bytes());
    }
}
