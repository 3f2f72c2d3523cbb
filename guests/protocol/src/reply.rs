//! One reply line: `@@`, a JSON object, a line feed.

use std::fmt::Display;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Fault;
use crate::number::KEY;

/// Builds one reply member by member, in a buffer that serves every reply.
#[derive(Debug, Default)]
pub struct Reply {
    /// The number of the request as it stands there, or nothing.
    number: String,
    text: String,
}

impl Reply {
    /// Starts anew, for a request of this number.
    pub fn begin(&mut self, number: Option<&str>) {
        self.number.clear();
        self.number.push_str(number.unwrap_or_default());
        self.text.clear();
    }

    /// Writes what every reply begins with.
    fn open(&mut self) {
        self.text.push_str("@@{");
        if !self.number.is_empty() {
            self.quoted(KEY);
            self.text.push(':');
            self.text.push_str(&self.number);
        }
    }

    fn key(&mut self, key: &str) {
        if self.text.is_empty() {
            self.open();
        }
        match self.text.as_bytes().last() {
            Some(b'{') => {} // the first member of the reply, or of an object within it
            _ => self.text.push(','),
        }
        self.quoted(key);
        self.text.push(':');
    }

    fn quoted(&mut self, value: &str) {
        self.text.push_str(&serde_json::Value::from(value).to_string());
    }

    fn joined<T>(&mut self, brackets: [char; 2], items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.text.push(brackets[0]);
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            write(self, item);
        }
        self.text.push(brackets[1]);
    }

    /// Adds a number.
    pub fn number(&mut self, key: &str, value: impl Into<i64>) {
        self.key(key);
        self.text.push_str(&value.into().to_string());
    }

    /// Adds a string.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        self.quoted(value);
    }

    /// Adds a string of a host: as text, with replacement characters and its bytes under `KEY_bytes` if it is not UTF-8.
    pub fn string(&mut self, key: &str, value: &[u8]) -> Result<(), Fault> {
        self.text(key, &String::from_utf8_lossy(value));
        if str::from_utf8(value).is_err() { self.bytes(&format!("{key}_bytes"), value) } else { Ok(()) }
    }

    /// Adds bytes as base64.
    pub fn bytes(&mut self, key: &str, value: &[u8]) -> Result<(), Fault> {
        self.key(key);
        let length = value.len().div_ceil(3) * 4;
        // Two quotes around it, and room for the members that follow.
        self.text.try_reserve(length + 256).map_err(|_| Fault::no_memory(length))?;
        self.text.push('"');
        STANDARD.encode_string(value, &mut self.text);
        self.text.push('"');
        Ok(())
    }

    /// Adds an object of names and numbers.
    pub fn numbers<'a>(&mut self, key: &str, values: impl Iterator<Item = (&'a str, u32)>) {
        self.key(key);
        self.joined(['{', '}'], values, |reply, (name, value)| {
            reply.quoted(name);
            reply.text.push(':');
            reply.text.push_str(&value.to_string());
        });
    }

    /// Adds an array of names.
    pub fn names<'a>(&mut self, key: &str, names: impl Iterator<Item = &'a str>) {
        self.key(key);
        self.joined(['[', ']'], names, Self::quoted);
    }

    /// Adds an array of numbers.
    pub fn list(&mut self, key: &str, values: impl IntoIterator<Item = u32>) {
        self.key(key);
        self.joined(['[', ']'], values.into_iter(), |reply, value| reply.text.push_str(&value.to_string()));
    }

    /// Adds an array of objects, whose members `write` adds; its first fault is given back.
    pub fn objects<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut outcome = Ok(());
        self.key(key);
        self.joined(['[', ']'], items.into_iter(), |reply, item| {
            reply.text.push('{');
            if outcome.is_ok() {
                outcome = write(reply, item);
            }
            reply.text.push('}');
        });
        outcome
    }

    /// Puts an error in the place of whatever was added.
    pub fn error(&mut self, what: &impl Display) {
        self.text.clear();
        self.text("error", &what.to_string());
    }

    /// Ends the reply and gives its line, with the line feed.
    pub fn line(&mut self) -> &[u8] {
        if self.text.is_empty() {
            self.open();
        }
        self.text.push_str("}\n");
        self.text.as_bytes()
    }
}
