"""Models that an inference server computes, by the protocol KServe v2 (Open Inference Protocol) over HTTP.

Nothing of this runs in an engine process: those can open no socket. What a server answers is checked as what such a
process answers: its lengths before it is read, its types and shapes before they are believed.
"""
