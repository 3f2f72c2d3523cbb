//! What an HTTP worker reads and writes.

use std::io::{self, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// A request; what else stands in it is not asked for here.
pub struct Request {
    /// The method of HTTP, in capitals.
    pub method: String,
    body: String,
    is_base64: bool,
}

impl Request {
    /// Reads the request from standard input. The error says what is wrong with it.
    pub fn read() -> Result<Self, String> {
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text).map_err(|error| format!("standard input: {error}"))?;
        let mut fields: Map<String, Value> =
            serde_json::from_slice(&text).map_err(|error| format!("the request is no JSON object: {error}"))?;
        let mut text = |name: &str| match fields.remove(name) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("the request has no text {name:?}")),
        };
        let (method, body) = (text("method")?, text("body")?);
        Ok(Self { method, body, is_base64: fields.get("body_base64") == Some(&Value::Bool(true)) })
    }

    /// The bytes of the body, which is base64 if the server says so, or if the client wrote it so.
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        match STANDARD.decode(self.body.trim_ascii()) {
            Ok(bytes) => Ok(bytes),
            Err(_) if !self.is_base64 => Ok(self.body.clone().into_bytes()),
            Err(error) => Err(format!("the body is no base64: {error}")),
        }
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
