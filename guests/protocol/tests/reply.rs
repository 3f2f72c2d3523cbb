//! Reply lines.

use protocol::Reply;

#[test]
fn members_in_the_order_given() {
    let mut reply = Reply::default();
    reply.number("errno", -1);
    reply.numbers("slots", [("b", 3), ("a", u32::MAX)].into_iter());
    reply.names("changed", ["x", "y\""].into_iter());
    reply.text("guards", "untouched");
    let wanted = r#"@@{"errno":-1,"slots":{"b":3,"a":4294967295},"changed":["x","y\""],"guards":"untouched"}"#;
    assert_eq!(reply.line(), format!("{wanted}\n").as_bytes());
}

#[test]
fn empty_reply_is_an_empty_object() {
    assert_eq!(Reply::default().line(), b"@@{}\n");
}

#[test]
fn line_feeds_in_values_are_escaped() {
    let mut reply = Reply::default();
    reply.error(&"two\nlines");
    assert_eq!(reply.line(), b"@@{\"error\":\"two\\nlines\"}\n");
}
