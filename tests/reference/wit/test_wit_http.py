"""Components that import wasi:http, as those of JavaScript do by default: they run, and no request goes out unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wat_components import component, importing

if TYPE_CHECKING:
    from program import Program

# `error-code` of wasi:http 0.2, in its order; what a case has beside its name is behind the colon.
ERRORS = [
    "DNS-timeout",
    "DNS-error:dns",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received:tls",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size:u64",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size:u32",
    "HTTP-request-header-size:optional-field",
    "HTTP-request-trailer-section-size:u32",
    "HTTP-request-trailer-size:field",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size:u32",
    "HTTP-response-header-size:field",
    "HTTP-response-body-size:u64",
    "HTTP-response-trailer-section-size:u32",
    "HTTP-response-trailer-size:field",
    "HTTP-response-transfer-coding:string",
    "HTTP-response-content-coding:string",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error:string",
]
PAYLOADS = {
    "": "",
    "dns": "$dns2",
    "tls": "$tls2",
    "field": "$field2",
    "optional-field": "(option $field2)",
    "u32": "(option u32)",
    "u64": "(option u64)",
    "string": "(option string)",
}
NAMES = [each.partition(":")[0] for each in ERRORS]
CASES = " ".join(
    f'(case "{name}" {PAYLOADS[payload]})' for name, _, payload in (each.partition(":") for each in ERRORS)
)
TYPES = f"""
    (export "fields" (type $fields (sub resource)))
    (export "outgoing-request" (type $request (sub resource)))
    (export "request-options" (type $options (sub resource)))
    (export "future-incoming-response" (type $response (sub resource)))
    (type $dns (record (field "rcode" (option string)) (field "info-code" (option u16))))
    (export "DNS-error-payload" (type $dns2 (eq $dns)))
    (type $tls (record (field "alert-id" (option u8)) (field "alert-message" (option string))))
    (export "TLS-alert-received-payload" (type $tls2 (eq $tls)))
    (type $field (record (field "field-name" (option string)) (field "field-size" (option u32))))
    (export "field-size-payload" (type $field2 (eq $field)))
    (type $errors (variant {CASES}))
    (export "error-code" (type $errors2 (eq $errors)))
    (export "[constructor]fields" (func (result (own $fields))))
    (export "[constructor]outgoing-request" (func (param "headers" (own $fields)) (result (own $request))))
"""


def requesting(error: str, version: str = "0.2.3") -> bytes:
    """A component that sends a request to nowhere, and succeeds if it fails with this `error-code`."""
    imports = f"""
        (import "wasi:http/types@{version}" (instance $types {TYPES}))
        (alias export $types "outgoing-request" (type $request))
        (alias export $types "request-options" (type $options))
        (alias export $types "future-incoming-response" (type $response))
        (alias export $types "error-code" (type $errors))
        (import "wasi:http/outgoing-handler@{version}" (instance $handler
            (export "outgoing-request" (type $request2 (eq $request)))
            (export "request-options" (type $options2 (eq $options)))
            (export "future-incoming-response" (type $response2 (eq $response)))
            (export "error-code" (type $errors2 (eq $errors)))
            (export "handle" (func (param "request" (own $request2)) (param "options" (option (own $options2)))
                (result (result (own $response2) (error $errors2)))))))
        (core module $memory (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
        (core instance $mem (instantiate $memory))
        (core func $fields (canon lower (func $types "[constructor]fields")))
        (core func $request (canon lower (func $types "[constructor]outgoing-request")))
        (core func $handle (canon lower (func $handler "handle")
            (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
    """
    more = """
        (import "memory" "memory" (memory 1))
        (import "http" "fields" (func $fields (result i32)))
        (import "http" "request" (func $request (param i32) (result i32)))
        (import "http" "handle" (func $handle (param i32 i32 i32 i32)))
    """
    arguments = """(with "memory" (instance $mem)) (with "http" (instance
        (export "fields" (func $fields)) (export "request" (func $request)) (export "handle" (func $handle))))"""
    # A result lies at 64: whether it is an error, and 8 bytes on, which.
    body = f"""
        (call $handle (call $request (call $fields)) (i32.const 0) (i32.const 0) (i32.const 64))
        (i32.or
            (i32.ne (i32.load8_u (i32.const 64)) (i32.const 1))
            (i32.ne (i32.load8_u (i32.const 72)) (i32.const {NAMES.index(error)})))
    """
    return component(body, imports, more, arguments)


@pytest.mark.parametrize("version", ["0.2.0", "0.2.3"])
def test_a_request_is_denied(program: Program, version: str) -> None:
    assert program(requesting("HTTP-request-denied", version)) == 0
    assert program.err == ""


@pytest.mark.parametrize("option", ["http", "inherit-network"])
def test_a_request_goes_out_if_the_user_lets_it(program: Program, option: str) -> None:
    assert program(requesting("HTTP-request-URI-invalid"), "-S", option) == 0


def test_names_and_sockets_are_not_for_requests(program: Program) -> None:
    assert program(requesting("HTTP-request-denied"), "-S", "allow-ip-name-lookup") == 0


@pytest.mark.parametrize("name", ["types", "outgoing-handler"])
def test_an_interface_that_is_only_imported(program: Program, name: str) -> None:
    assert program(component(imports=importing(f"wasi:http/{name}@0.2.9"))) == 0


def test_an_interface_that_guests_export_is_not_served(program: Program) -> None:
    assert program(component(imports=importing("wasi:http/incoming-handler@0.2.0"))) == 1
    assert "imports wasi:http/incoming-handler@0.2.0, which is not served here" in program.err
