//! One reply for each line, whatever the line.

use std::io::{BufReader, Cursor};

use protocol::{Fault, LINE_LIMIT, serve};

/// The replies to `input`, of a probe that answers with the length of each request.
fn replies(input: &[u8]) -> Vec<String> {
    let mut output = Vec::new();
    // A small buffer, so that lines are read in parts.
    let input = BufReader::with_capacity(7, Cursor::new(input));
    serve(input, &mut output, |line, reply| {
        reply.number("length", i64::try_from(line.len()).unwrap());
        if line == "bad" { Err(Fault::new("a \"bad\" one")) } else { Ok(()) }
    })
    .unwrap();
    String::from_utf8(output).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn end_of_input_ends_the_conversation() {
    assert_eq!(replies(b""), [""; 0]);
}

#[test]
fn last_line_needs_no_line_feed() {
    assert_eq!(replies(b"a request\ntwo"), [r#"@@{"length":9}"#, r#"@@{"length":3}"#]);
}

#[test]
fn empty_line_is_a_request_too() {
    assert_eq!(replies(b"\n\n"), [r#"@@{"length":0}"#, r#"@@{"length":0}"#]);
}

#[test]
fn fault_takes_the_place_of_a_half_made_reply() {
    assert_eq!(replies(b"bad\nok\n"), [r#"@@{"error":"a \"bad\" one"}"#, r#"@@{"length":2}"#]);
}

#[test]
fn line_that_is_not_utf8_is_refused() {
    let replies = replies(b"\xff\xfe\nok\n");
    assert!(replies[0].starts_with(r#"@@{"error":"not UTF-8: "#), "{}", replies[0]);
    assert_eq!(replies[1], r#"@@{"length":2}"#);
}

#[test]
fn reply_has_the_number_of_its_request() {
    let replies = replies(b"{\"id\":7,\"call\":0}\n{\"call\":0}\n { \"id\" : 0}\n");
    assert_eq!(replies, [r#"@@{"id":7,"length":17}"#, r#"@@{"length":10}"#, r#"@@{"id":0,"length":12}"#]);
}

#[test]
fn what_is_no_number_is_not_repeated() {
    for line in [r#"{"id":"7"}"#, r#"{"id":-7}"#, r#"{"id":7.0}"#, r#"{"id":07}"#, r#"{"id":7"#, r#"{"a":1,"id":7}"#] {
        assert!(replies(line.as_bytes())[0].starts_with(r#"@@{"length":"#), "{line}");
    }
    assert!(replies(format!(r#"{{"id":{}}}"#, "1".repeat(19)).as_bytes())[0].starts_with(r#"@@{"length":"#));
}

#[test]
fn unreadable_line_has_its_number_in_the_reply() {
    let mut line = br#"{"id":12,"call":""#.to_vec();
    line.resize(LINE_LIMIT + 1, b'x');
    let mut output = Vec::new();
    serve(Cursor::new(line), &mut output, |_, _| Ok(())).unwrap();
    let wanted = format!("@@{{\"id\":12,\"error\":\"the line is longer than {LINE_LIMIT} bytes\"}}\n");
    assert_eq!(String::from_utf8(output).unwrap(), wanted);
    let replies = replies(b"{\"id\":3,\"call\":\"\xff\"}\n");
    assert!(replies[0].starts_with(r#"@@{"id":3,"error":"not UTF-8: "#), "{}", replies[0]);
}

#[test]
fn line_over_the_limit_is_skipped_whole() {
    let mut input = vec![b'x'; LINE_LIMIT + 1];
    input.extend_from_slice(b"\nok\n");
    let mut output = Vec::new();
    serve(Cursor::new(input), &mut output, |line, reply| {
        reply.text("line", line);
        Ok(())
    })
    .unwrap();
    let wanted = format!("@@{{\"error\":\"the line is longer than {LINE_LIMIT} bytes\"}}\n@@{{\"line\":\"ok\"}}\n");
    assert_eq!(String::from_utf8(output).unwrap(), wanted);
}

#[test]
fn an_http_request_has_a_conversation_in_its_body() {
    let request =
        br#"{"url":"http://h/","method":"POST","headers":{},"body":"one\n{\"id\":7} two","kv":{},"params":{}}"#;
    let mut seen = Vec::new();
    let mut output = Vec::new();
    serve(&request[..], &mut output, |line, reply| {
        seen.push(line.to_owned());
        reply.number("length", i64::try_from(line.len()).unwrap());
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, ["one", r#"{"id":7} two"#]);
    let replies = r#""@@{\"length\":3}\n@@{\"id\":7,\"length\":12}\n""#;
    let wanted = format!(r#"{{"headers":{{"content-type":"text/plain; charset=utf-8"}},"data":{replies}}}"#);
    assert_eq!(String::from_utf8(output).unwrap(), wanted);
}

#[test]
fn a_request_that_has_a_call_is_no_http_request() {
    let mut output = Vec::new();
    let request = br#"{"call":"x","method":"POST","body":"one"}"#;
    serve(&request[..], &mut output, |_, reply| {
        reply.number("answered", 1);
        Ok(())
    })
    .unwrap();
    assert_eq!(output, b"@@{\"answered\":1}\n");
}
