//! The members of a JSON object, taken one by one, so that what nobody asked for is found.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::fault::quoted;
use crate::number::{KEY, number_of};
use crate::{Bytes, Fault, Operand};

/// Most members that an object of a request has; the largest call needs five, and a number.
const MEMBERS: usize = 16;

/// Longest name of a result or a buffer, in bytes.
const NAME: usize = 256;

/// A JSON object of a request. Take its members, then call [`Fields::finish`].
#[derive(Debug)]
pub struct Fields<'a> {
    members: Vec<(String, &'a str)>,
}

/// One value of a request: where it stands and its JSON text.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    place: String,
    json: &'a str,
}

impl<'a> Fields<'a> {
    /// Reads a request: the object that `line` is, but for its number, which the conversation has read.
    pub fn of_request(line: &'a str) -> Result<Self, Fault> {
        let mut fields = Self::parse(line)?;
        match fields.members.iter().position(|(key, _)| key == KEY) {
            None => {}
            Some(0) if number_of(line.as_bytes()).is_some() => {
                fields.members.remove(0);
            }
            _ => return Err(Fault::new(format!("{KEY}: a whole number from 0 on is wanted, before all other keys"))),
        }
        Ok(fields)
    }

    /// Reads the object that `json` is. Anything else, a key given twice and text after the object are faults.
    pub fn parse(json: &'a str) -> Result<Self, Fault> {
        if !json.trim_ascii_start().starts_with('{') {
            return Err(Fault::new("not a JSON object"));
        }
        let mut reader = serde_json::Deserializer::from_str(json);
        let members =
            reader.deserialize_map(Members).map_err(|error| Fault::new(format!("not valid JSON: {error}")))?;
        reader.end().map_err(|error| Fault::new(format!("not valid JSON: {error}")))?;
        for (position, (key, _)) in members.iter().enumerate() {
            if members[..position].iter().any(|(earlier, _)| earlier == key) {
                return Err(Fault::new(format!("key {} is given twice", quoted(key))));
            }
        }
        Ok(Self { members })
    }

    /// Takes the value of `key`, which must be there.
    pub fn take(&mut self, key: &str) -> Result<Field<'a>, Fault> {
        let position = self.members.iter().position(|(name, _)| name == key);
        let position = position.ok_or_else(|| Fault::new(format!("key {key:?} is missing")))?;
        let (_, json) = self.members.swap_remove(position);
        Ok(Field { place: key.to_owned(), json })
    }

    /// Takes the value of `key` if it is there and not null.
    pub fn take_optional(&mut self, key: &str) -> Option<Field<'a>> {
        self.take(key).ok().filter(|field| field.json != "null")
    }

    /// Faults if a member was not taken: its key is unknown to the call.
    pub fn finish(self) -> Result<(), Fault> {
        match self.members.first() {
            None => Ok(()),
            Some((key, _)) => Err(Fault::new(format!("unknown key {}", quoted(key)))),
        }
    }
}

impl<'a> Field<'a> {
    fn fault(&self, what: impl fmt::Display) -> Fault {
        Fault::new(format!("{}: {what}", self.place))
    }

    /// A whole number within `range`.
    pub fn integer(&self, range: RangeInclusive<i64>) -> Result<i64, Fault> {
        if !self.json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Err(self.fault("a whole number is wanted"));
        }
        // JSON's grammar was checked when the object was read, so a number that is no i64 has a fraction, an
        // exponent or far too many digits.
        match self.json.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(self.fault(format_args!(
                "{} is not a whole number from {} to {}",
                quoted(self.json).trim_matches('"'),
                range.start(),
                range.end()
            ))),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Result<bool, Fault> {
        self.json.parse().map_err(|_| self.fault("true or false is wanted"))
    }

    /// A string.
    pub fn text(&self) -> Result<Cow<'a, str>, Fault> {
        if !self.json.starts_with('"') {
            return Err(self.fault("a string is wanted"));
        }
        // Borrowed unless it holds escapes.
        if let Ok(text) = serde_json::from_str::<&str>(self.json) {
            return Ok(Cow::Borrowed(text));
        }
        serde_json::from_str(self.json).map(Cow::Owned).map_err(|error| self.fault(error))
    }

    /// A name for a result or a buffer: a string of 1 to 256 bytes.
    pub fn name(&self) -> Result<Cow<'a, str>, Fault> {
        let name = self.text()?;
        match name.len() {
            0 => Err(self.fault("a name is empty")),
            1..=NAME => Ok(name),
            long => Err(self.fault(format_args!("a name of {long} bytes; at most {NAME} are allowed"))),
        }
    }

    /// Bytes, as a base64 string.
    pub fn bytes(&self) -> Result<Bytes<'a>, Fault> {
        Bytes::new(self.text()?).map_err(|fault| fault.within(&self.place))
    }

    /// An array of at most `most` values.
    pub fn list(&self, most: usize) -> Result<Vec<Field<'a>>, Fault> {
        if !self.json.starts_with('[') {
            return Err(self.fault("an array is wanted"));
        }
        let elements = serde_json::Deserializer::from_str(self.json).deserialize_seq(Elements { most });
        let elements = elements.map_err(|error| self.fault(error))?;
        let field = |(index, json)| Field { place: format!("{}[{index}]", self.place), json };
        Ok(elements.into_iter().enumerate().map(field).collect())
    }

    /// An object.
    pub fn fields(&self) -> Result<Fields<'a>, Fault> {
        Fields::parse(self.json).map_err(|fault| fault.within(&self.place))
    }

    /// Whether the value is a string, for what may be a string or an object.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.json.starts_with('"')
    }

    /// An integer parameter in any of its forms, or the name of a kept handle.
    pub fn operand(&self) -> Result<Operand<'a>, Fault> {
        match self.json.as_bytes().first() {
            Some(b'"') => self.name().map(Operand::Handle),
            Some(b'{') => Operand::from_fields(self.fields()?).map_err(|fault| fault.within(&self.place)),
            _ => self.integer(Operand::RANGE).map(Operand::from_number),
        }
    }
}

struct Members;

impl<'a> Visitor<'a> for Members {
    type Value = Vec<(String, &'a str)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
            if members.len() == MEMBERS {
                return Err(A::Error::custom(format_args!("more than {MEMBERS} keys in one object")));
            }
            members.push((key, value.get()));
        }
        Ok(members)
    }
}

struct Elements {
    most: usize,
}

impl<'a> Visitor<'a> for Elements {
    type Value = Vec<&'a str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(value) = sequence.next_element::<&RawValue>()? {
            if elements.len() == self.most {
                return Err(A::Error::custom(format_args!("more than {} elements", self.most)));
            }
            elements.push(value.get());
        }
        Ok(elements)
    }
}
