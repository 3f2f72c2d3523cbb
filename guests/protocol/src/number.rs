//! The number of a request, which its reply repeats: so no other line can be taken for the reply.

/// The key of the number, which stands first in a request and in its reply.
pub const KEY: &str = "id";

/// Most digits of a number: any that an i64 holds.
const DIGITS: usize = 18;

/// The digits of the number with which a line begins (`{"id":7,`), if it begins with one.
///
/// It is looked for in the bytes themselves, because a line that nobody can read has its reply, too.
pub fn number_of(line: &[u8]) -> Option<&str> {
    let object = line.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let value = object.strip_prefix(b"\"id\"")?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ended = matches!(value[digits..].trim_ascii_start().first(), Some(b',' | b'}'));
    let canonical = digits == 1 || value.first() != Some(&b'0');
    if ended && canonical && (1..=DIGITS).contains(&digits) { str::from_utf8(&value[..digits]).ok() } else { None }
}
