//! Base64 as requests carry it and replies give it.

use protocol::{Fields, Reply};

fn decode(text: &str) -> Result<Vec<u8>, String> {
    let line = format!(r#"{{"bytes":"{text}"}}"#);
    let mut fields = Fields::parse(&line).map_err(|fault| fault.to_string())?;
    let bytes = fields.take("bytes").and_then(|field| field.bytes()).map_err(|fault| fault.to_string())?;
    let decoded = bytes.decode().map_err(|fault| fault.to_string())?;
    assert_eq!(bytes.len(), decoded.len());
    assert_eq!(bytes.is_empty(), decoded.is_empty());
    Ok(decoded)
}

#[test]
fn every_length_of_padding() {
    // The examples of RFC 4648, section 10.
    for (text, wanted) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob")] {
        assert_eq!(decode(text).unwrap(), wanted.as_bytes());
    }
}

#[test]
fn both_special_characters() {
    assert_eq!(decode("+/+/").unwrap(), [0xfb, 0xff, 0xbf]);
}

#[test]
fn escaped_slash() {
    assert_eq!(decode(r"+\/+\/").unwrap(), [0xfb, 0xff, 0xbf]);
}

#[test]
fn text_that_is_no_base64_is_refused() {
    for text in ["Zg", "Zg=", "Z===", "====", "Z$==", "_-_-", "Zg==Zg==", "Zh=="] {
        let fault = decode(text).unwrap_err();
        assert!(fault.contains("base64"), "{text:?} gave {fault:?}");
    }
}

#[test]
fn replies_carry_what_requests_carried() {
    let all: Vec<u8> = (0..=255).collect();
    let mut reply = Reply::default();
    reply.bytes("data", &all).unwrap();
    let line = String::from_utf8(reply.line().to_vec()).unwrap();
    let text = line.trim_end().strip_prefix(r#"@@{"data":""#).and_then(|rest| rest.strip_suffix(r#""}"#)).unwrap();
    assert_eq!(decode(text).unwrap(), all);
}
