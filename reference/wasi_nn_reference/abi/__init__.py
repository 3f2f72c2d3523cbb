"""The ABIs of wasi-nn: each decodes a guest's call, asks the host, and encodes the answer."""
