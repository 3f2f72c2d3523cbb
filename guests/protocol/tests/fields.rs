//! What requests may look like, and what is said of those that look otherwise.

use protocol::{Fault, Field, Fields, Operand};

fn field<T>(json: &str, read: impl FnOnce(&Field<'_>) -> Result<T, Fault>) -> Result<T, String> {
    let line = format!(r#"{{"key":{json}}}"#);
    let mut fields = Fields::parse(&line).map_err(|fault| fault.to_string())?;
    let field = fields.take("key").map_err(|fault| fault.to_string())?;
    read(&field).map_err(|fault| fault.to_string())
}

fn operand(json: &str) -> Result<String, String> {
    field(json, |field| field.operand().map(|operand| format!("{operand:?}")))
}

#[track_caller]
fn assert_says<T: std::fmt::Debug>(outcome: Result<T, String>, part: &str) {
    let message = outcome.expect_err("it was accepted");
    assert!(message.contains(part), "{message:?} does not say {part:?}");
}

#[test]
fn members_are_taken_in_any_order() {
    let mut fields = Fields::parse(r#" {"b": 2, "a": "one"} "#).unwrap();
    assert_eq!(fields.take("a").unwrap().text().unwrap(), "one");
    assert_eq!(fields.take("b").unwrap().integer(0..=9).unwrap(), 2);
    fields.finish().unwrap();
}

#[test]
fn number_of_a_request_is_no_member() {
    let mut fields = Fields::of_request(r#"{"id":7,"a":1}"#).unwrap();
    assert_eq!(fields.take("a").unwrap().integer(0..=9).unwrap(), 1);
    fields.finish().unwrap();
    Fields::of_request("{}").unwrap().finish().unwrap();
}

#[test]
fn number_that_is_none_or_not_first_is_refused() {
    for line in [r#"{"a":1,"id":7}"#, r#"{"id":"7"}"#, r#"{"id":-1}"#, r#"{"id":null}"#, r#"{"id":7e0}"#] {
        let fault = Fields::of_request(line).unwrap_err().to_string();
        assert_eq!(fault, "id: a whole number from 0 on is wanted, before all other keys", "{line}");
    }
}

#[test]
fn null_is_as_good_as_absent() {
    let mut fields = Fields::parse(r#"{"at":null}"#).unwrap();
    assert!(fields.take_optional("at").is_none());
    assert!(fields.take_optional("align").is_none());
    fields.finish().unwrap();
}

#[test]
fn unknown_key_is_named() {
    let fault = Fields::parse(r#"{"colour":1}"#).unwrap().finish().unwrap_err();
    assert_eq!(fault.to_string(), r#"unknown key "colour""#);
}

#[test]
fn unknown_key_of_a_mebibyte_is_cut() {
    let line = format!(r#"{{"{}":1}}"#, "x".repeat(1 << 20));
    let fault = Fields::parse(&line).unwrap().finish().unwrap_err();
    assert!(fault.to_string().len() < 100);
}

#[test]
fn missing_key_is_named() {
    let fault = Fields::parse("{}").unwrap().take("graph").unwrap_err();
    assert_eq!(fault.to_string(), r#"key "graph" is missing"#);
}

#[test]
fn key_given_twice_is_named() {
    let fault = Fields::parse(r#"{"a":1,"a":1}"#).unwrap_err();
    assert_eq!(fault.to_string(), r#"key "a" is given twice"#);
}

#[test]
fn lines_that_are_no_object_are_refused() {
    for line in ["", " ", "[]", "null", "17", r#""hello""#, "nonsense"] {
        assert_eq!(Fields::parse(line).unwrap_err().to_string(), "not a JSON object", "{line:?}");
    }
}

#[test]
fn broken_json_is_refused() {
    for line in ["{", r#"{"a"}"#, r#"{"a":}"#, r#"{"a":1,}"#, r#"{"a":1} {"a":1}"#, r#"{"a":01}"#, "{\"a\":\"\n\"}"] {
        let fault = Fields::parse(line).unwrap_err().to_string();
        assert!(fault.starts_with("not valid JSON: "), "{line:?} gave {fault:?}");
    }
}

#[test]
fn too_many_keys_are_refused() {
    let members: Vec<String> = (0..17).map(|index| format!(r#""k{index}":0"#)).collect();
    let fault = Fields::parse(&format!("{{{}}}", members.join(","))).unwrap_err();
    assert!(fault.to_string().contains("more than 16 keys"));
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    let line = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let mut fields = Fields::parse(&line).unwrap();
    assert!(fields.take("a").unwrap().operand().is_err());
}

#[test]
fn integers_at_both_limits() {
    assert_eq!(operand("-2147483648").unwrap(), format!("{:?}", Operand::Number(0x8000_0000)));
    assert_eq!(operand("-1").unwrap(), format!("{:?}", Operand::Number(u32::MAX)));
    assert_eq!(operand("4294967295").unwrap(), format!("{:?}", Operand::Number(u32::MAX)));
    assert_eq!(operand("-0").unwrap(), format!("{:?}", Operand::Number(0)));
}

#[test]
fn integers_beyond_the_limits_are_refused() {
    for json in ["-2147483649", "4294967296", "99999999999999999999999", "1.0", "1e3"] {
        assert_says(operand(json), &format!("key: {json} is not a whole number from -2147483648 to 4294967295"));
    }
}

#[test]
fn wrong_types_are_refused() {
    for json in ["true", "[1]"] {
        assert_says(operand(json), "key: a whole number is wanted");
    }
    assert_says(field("1", |field| field.text().map(String::from)), "key: a string is wanted");
    assert_says(field("1", |field| field.list(9).map(|_| ())), "key: an array is wanted");
    assert_says(field("1", |field| field.fields().map(|_| ())), "key: not a JSON object");
}

#[test]
fn every_form_of_operand() {
    let buffer = Operand::Buffer { name: "b".into(), offset: -1 };
    for (json, wanted) in [
        (r#""g""#, Operand::Handle("g".into())),
        (r#"{"end":-8}"#, Operand::End(-8)),
        (r#"{"buffer":"b","offset":-1}"#, buffer),
        (r#"{"buffer":"b"}"#, Operand::Buffer { name: "b".into(), offset: 0 }),
        (r#"{"length":"b"}"#, Operand::Length("b".into())),
        (r#"{"slot":"s"}"#, Operand::Slot("s".into())),
    ] {
        assert_eq!(operand(json).unwrap(), format!("{wanted:?}"));
    }
}

#[test]
fn mixed_forms_of_operand_are_refused() {
    assert_says(operand("{}"), "one of the keys");
    assert_says(operand(r#"{"end":1,"buffer":"b"}"#), r#"key: unknown key "buffer""#);
    assert_says(operand(r#"{"end":1,"offset":1}"#), r#"unknown key "offset""#);
    assert_says(operand(r#"{"length":"b","offset":1}"#), r#"unknown key "offset""#);
    assert_says(operand(r#"{"end":"b"}"#), "end: a whole number is wanted");
}

#[test]
fn names_have_1_to_256_bytes() {
    let name = |length: usize| field(&format!("{:?}", "n".repeat(length)), |field| field.name().map(|name| name.len()));
    assert_eq!(name(1), Ok(1));
    assert_eq!(name(256), Ok(256));
    assert_says(name(0), "key: a name is empty");
    assert_says(name(257), "key: a name of 257 bytes");
}

#[test]
fn escapes_in_strings_are_resolved() {
    assert_eq!(field(r#""a\u00e9\n""#, |field| field.text().map(String::from)).unwrap(), "aé\n");
}

#[test]
fn half_a_surrogate_pair_is_refused() {
    assert_says(field(r#""\ud800""#, |field| field.text().map(String::from)), "key: ");
}

#[test]
fn lists_know_the_place_of_their_elements() {
    let second = |field: &Field<'_>| field.list(2)?[1].integer(0..=9);
    assert_eq!(field("[1,2]", second).unwrap(), 2);
    assert_says(field("[1,10]", second), "key[1]: 10 is not a whole number from 0 to 9");
    assert_says(field("[1,2,3]", second), "key: more than 2 elements");
}
