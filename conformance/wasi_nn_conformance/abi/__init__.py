"""The ABIs of wasi-nn as data: a record for each, that says what can be said in it."""
