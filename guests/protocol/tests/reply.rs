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
fn number_comes_first_and_once() {
    let mut reply = Reply::default();
    reply.begin(Some("17"));
    assert_eq!(reply.line(), b"@@{\"id\":17}\n");
    reply.begin(Some("18"));
    reply.number("errno", 0);
    assert_eq!(reply.line(), b"@@{\"id\":18,\"errno\":0}\n");
    reply.begin(Some("19"));
    reply.number("errno", 0);
    reply.error(&"no");
    assert_eq!(reply.line(), b"@@{\"id\":19,\"error\":\"no\"}\n");
    reply.begin(None);
    reply.number("errno", 0);
    assert_eq!(reply.line(), b"@@{\"errno\":0}\n");
}

#[test]
fn line_feeds_in_values_are_escaped() {
    let mut reply = Reply::default();
    reply.error(&"two\nlines");
    assert_eq!(reply.line(), b"@@{\"error\":\"two\\nlines\"}\n");
}

#[test]
fn objects_in_a_list() {
    let mut reply = Reply::default();
    let write = |reply: &mut Reply, (name, dims): (&str, Vec<u32>)| {
        reply.text("name", name);
        reply.list("dims", dims);
        Ok(())
    };
    reply.objects("outputs", [("a{", vec![1, u32::MAX]), ("b", vec![])], write).unwrap();
    reply.objects("none", [], write).unwrap();
    let wanted = r#"@@{"outputs":[{"name":"a{","dims":[1,4294967295]},{"name":"b","dims":[]}],"none":[]}"#;
    assert_eq!(reply.line(), format!("{wanted}\n").as_bytes());
}

#[test]
fn string_that_is_not_utf_8_comes_with_its_bytes() {
    let mut reply = Reply::default();
    reply.string("name", "é".as_bytes()).unwrap();
    reply.string("data", b"a\xff").unwrap();
    let wanted = "@@{\"name\":\"é\",\"data\":\"a\u{fffd}\",\"data_bytes\":\"Yf8=\"}\n";
    assert_eq!(reply.line(), wanted.as_bytes());
}
