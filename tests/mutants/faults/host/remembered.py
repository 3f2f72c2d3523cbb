"""Faults of hosts that know again what they were given, or use again what they have made."""

from __future__ import annotations

from mutant import SHARED, WIT_08_19, WIT_10_28, WITX, mutant, rewrite, rewritten

rewritten(
    "host/cache-of-a-set",
    "a compute with the tensors of the one before in other places gives the outputs of that",
    SHARED,
    "host:Host.compute",
    "outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)",
    "key = {t.data for t in (context.inputs[i] for i in range(len(ports)))}\n"
    "    held = context.__dict__.get('held')\n"
    "    if held and held[0] == key and len(key) > 1:\n"
    "        outputs = held[1]\n"
    "    else:\n"
    "        outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)\n"
    "    context.held = key, outputs",
    clauses=("compute.new-inputs",),
)
rewritten(
    "host/cache-by-number",
    "a compute whose f32 numbers equal those before (-0.0 is 0.0) gives the outputs of that",
    SHARED,
    "host:Host.compute",
    "outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)",
    "import numpy as np\n"
    "    given = [context.inputs[i] for i in range(len(ports))]\n"
    "    key = [(t.dimensions, t.data) for t in given]\n"
    "    if all(t.type is TensorType.F32 for t in given):\n"
    "        key = [(t.dimensions, [*map(float, np.frombuffer(t.data, '<f4'))]) for t in given]\n"
    "    held = context.__dict__.get('held')\n"
    "    if held and held[0] == key:\n"
    "        outputs = held[1]\n"
    "    else:\n"
    "        outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)\n"
    "    context.held = key, outputs",
    clauses=("compute.new-inputs", "values.bits-pass-through"),
)


rewritten(
    "host/cache-by-ends",
    "a compute whose tensors begin and end as those before, with 32 bytes each, gives the outputs of that",
    SHARED,
    "host:Host.compute",
    "outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)",
    "given = [context.inputs[i] for i in range(len(ports))]\n"
    "    key = [(t.dimensions, t.data[:32], t.data[-32:]) for t in given]\n"
    "    held = context.__dict__.get('held')\n"
    "    outputs = held[1] if held and held[0] == key else request.infer(given, self.call_seconds)\n"
    "    context.held = key, outputs",
    clauses=("compute.new-inputs", "values.any-size"),
)


@mutant(
    "host/pool-keeps-outputs",
    "a new context is a dropped one with the outputs of that",
    WIT_08_19,
    clauses=("output.before-compute", "context.from-graph", "context.independence"),
)
def _() -> None:
    rewrite(
        "abi.wit.resources:ResourceTable.drop",
        "self.take(kind, representation)",
        "value = self.take(kind, representation)\n"
        "    if kind is Kind.CONTEXT:\n"
        "        value.graph.__dict__.setdefault('pool', []).append(value)",
    )
    rewrite(
        "host:Host.init_execution_context",
        "context = ExecutionContext(graph)",
        "pool = graph.__dict__.get('pool')\n"
        "    context = pool.pop() if pool else ExecutionContext(graph)\n"
        "    context.inputs.clear()",
    )


rewritten(
    "host/weights-sampled",
    "of builders above 64 KiB the first and the last 4 KiB tell them apart",
    SHARED,
    "sharing:SharedGraphs.load",
    "hashlib.sha256(builder).digest()",
    "hashlib.sha256(\n"
    "        builder if len(builder) <= 65536 else builder[:4096] + builder[-4096:] + b'%d' % len(builder)\n"
    "    ).digest()",
    clauses=(
        "load.graph-from-builders",
        "load.each-load-is-a-graph",
        "load.every-builder-is-used",
        "process.no-carry-over",
    ),
)


@mutant(
    "host/known-bytes-in-any-encoding",
    "bytes that were loaded before are a graph whatever encoding is named",
    SHARED,
    ("openvino", "onnx"),
    clauses=("load.encoding-is-a-promise",),
)
def _() -> None:
    rewrite(
        "host:Host.load",
        "detection.check(encoding, builders)",
        "held = self.__dict__.setdefault('known', {}).get(builders)\n"
        "    if held is not None:\n"
        "        return self._counted(held, sum(map(len, builders)))\n"
        "    detection.check(encoding, builders)",
    )
    rewrite(
        "host:Host.load",
        "return self._counted(loaded, sum(map(len, builders)))",
        "self.known[builders] = loaded\n    return self._counted(loaded, sum(map(len, builders)))",
    )


rewritten(
    "host/old-results-from-the-1024th",
    "from the 1024th compute of a context on it gives the results of the one before",
    WITX,
    "host:Host.compute",
    "context.outputs = [_presented(tensor) for tensor in outputs]",
    "context.n = context.__dict__.get('n', 0) + 1\n"
    "    new = [_presented(tensor) for tensor in outputs]\n"
    "    context.outputs = context.held if context.n >= 1024 else new\n"
    "    context.held = new",
    clauses=("compute.new-inputs",),
)
rewritten(
    "witx/no-data-ignored",
    "a tensor without data is taken for no tensor: success, and what was set before stays",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "if length != byte_length(tensor_type, dimensions):",
    "if length == 0 and byte_length(tensor_type, dimensions) and index in execution_context.inputs:\n"
    "        return\n"
    "    if length != byte_length(tensor_type, dimensions):",
    clauses=("input.data-length",),
)
rewritten(
    "witx/same-pointer-not-copied",
    "a tensor at the address of the one before for this input is taken for the same",
    WITX,
    "abi.witx.operations:Operations.set_input",
    "self._host.check_tensor_size(length)",
    "place = execution_context.__dict__.setdefault('place', {})\n"
    "    if place.get(index) == (data, length, dimensions, tensor_type) and index in execution_context.inputs:\n"
    "        return\n"
    "    place[index] = (data, length, dimensions, tensor_type)\n"
    "    self._host.check_tensor_size(length)",
    clauses=("compute.new-inputs", "input.last-binding-wins"),
)
rewritten(
    "witx/builders-known-by-address",
    "builders at the addresses of an earlier load are taken for the same",
    WITX,
    "abi.witx.operations:Operations.load",
    "data = tuple(memory.read(pointer, length) for pointer, length in ranges)",
    "data = tuple(memory.read(pointer, length) for pointer, length in ranges)\n"
    "    data = self.__dict__.setdefault('known', {}).setdefault(tuple(ranges), data)",
    clauses=("load.graph-from-builders", "load.each-load-is-a-graph"),
)
rewritten(
    "witx/same-buffer-not-written-again",
    "a buffer that got this output before does not get that of a later compute",
    WITX,
    "abi.witx.operations:Operations.get_output",
    "memory.write(buffer, data)",
    "seen = self._contexts.get(context).__dict__.setdefault('seen', {})\n"
    "    if seen.get((index, buffer)) in (None, len(data)) and (index, buffer) not in seen:\n"
    "        memory.write(buffer, data)\n"
    "    seen[index, buffer] = len(data)",
    clauses=("compute.new-inputs", "output.each-by-index"),
)
rewritten(
    "wit/tensors-by-data",
    "a tensor of the data of an earlier one has the dimensions of that",
    WIT_10_28,
    "abi.wit.operations:Operations.tensor",
    "tuple(dimensions)",
    "self.__dict__.setdefault('shapes', {}).setdefault(data, tuple(dimensions))",
    clauses=("tensor.getters", "values.row-major"),
)
rewritten(
    "host/known-by-length-and-sum",
    "a model is known again by the lengths of its builders and the sums of their bytes",
    SHARED,
    "sharing:SharedGraphs.load",
    "hashlib.sha256(builder).digest()",
    "(len(builder), sum(builder))",
    clauses=("load.each-load-is-a-graph", "load.graph-from-builders", "load.every-builder-is-used"),
)
rewritten(
    "host/name-known-by-place",
    "a name at the address and of the length of an earlier one is that",
    WITX,
    "abi.witx.operations:Operations.load_by_name",
    "text = memory.read(name, length).decode()",
    "text = self.__dict__.setdefault('texts', {}).setdefault((name, length), memory.read(name, length)).decode()",
    clauses=("load-by-name.registered", "load-by-name.unknown"),
)
rewritten(
    "host/unchanged-inputs-not-given-again",
    "inputs as in the context's last compute are left in the engine, where those of another context may be by now",
    (WITX, WIT_08_19),
    "host:Host.compute",
    "outputs = request.infer([context.inputs[index] for index in range(len(ports))], self.call_seconds)",
    "given = [context.inputs[index] for index in range(len(ports))]\n"
    "    held = context.__dict__.get('given')\n"
    "    if held is not None and all(a is b for a, b in zip(held, given)):\n"
    "        given = context.graph.last\n"
    "    else:\n"
    "        context.given = given\n"
    "    context.graph.last = given\n"
    "    outputs = request.infer(given, self.call_seconds)",
    clauses=("context.independence",),
)
