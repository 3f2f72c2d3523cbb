//! Integer parameters: given as they are, or by what only the guest knows.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::{Fault, Fields};

/// What stands for an i32 in a request (INT and HANDLE of the protocol).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand<'a> {
    /// The 32 bits themselves.
    Number(u32),
    /// The handle kept under this name.
    Handle(Cow<'a, str>),
    /// The size of memory in bytes plus this, wrapping at 32 bits.
    End(i64),
    /// The address of a placed buffer plus an offset in bytes, wrapping at 32 bits.
    Buffer {
        /// Name of the buffer.
        name: Cow<'a, str>,
        /// Offset in bytes.
        offset: i64,
    },
    /// The length of a placed buffer in bytes.
    Length(Cow<'a, str>),
    /// The address of a fresh return slot that is reported under this name.
    Slot(Cow<'a, str>),
}

impl<'a> Operand<'a> {
    /// Numbers that 32 bits can hold, read as signed or as unsigned.
    pub const RANGE: RangeInclusive<i64> = i32::MIN as i64..=u32::MAX as i64;

    /// The low 32 bits of `number` in two's complement.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        Self::Number(wrapped(number))
    }

    pub(crate) fn from_fields(mut fields: Fields<'a>) -> Result<Self, Fault> {
        let operand = if let Some(field) = fields.take_optional("end") {
            Self::End(field.integer(Self::RANGE)?)
        } else if let Some(field) = fields.take_optional("buffer") {
            let name = field.name()?;
            let offset = fields.take_optional("offset").map_or(Ok(0), |field| field.integer(Self::RANGE))?;
            Self::Buffer { name, offset }
        } else if let Some(field) = fields.take_optional("length") {
            Self::Length(field.name()?)
        } else if let Some(field) = fields.take_optional("slot") {
            Self::Slot(field.name()?)
        } else {
            return Err(Fault::new("one of the keys \"end\", \"buffer\", \"length\", \"slot\" is wanted"));
        };
        fields.finish()?;
        Ok(operand)
    }
}

/// The low 32 bits of `number` in two's complement.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "wrapping at 32 bits is its purpose")]
pub const fn wrapped(number: i64) -> u32 {
    number as u32
}
