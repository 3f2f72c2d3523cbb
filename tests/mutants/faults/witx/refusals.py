"""Faults of calls that find out in the middle that they must refuse: what they have changed by then."""

from __future__ import annotations

from mutant import WITX, rewritten


def _of_witx(name: str, breaks: str, function: str, old: str, new: str) -> None:
    operations = "abi.witx.operations:Operations"
    rewritten(f"witx/{name}", breaks, WITX, f"{operations}.{function}", old, new, clauses=("failure.changes-nothing",))


_YOUNGEST = "list(self._contexts._values.values())[-1:]"
_of_witx(
    "tensor-for-nobody-is-set",
    "a tensor for a context that is not there is refused, and is the first input of the youngest by then",
    "set_input",
    "execution_context = self._contexts.get(context)",
    "try:\n        execution_context = self._contexts.get(context)\n"
    "    except WasiNnError:\n"
    "        dims, rank, type_number, data, length = records.read_tensor(memory, tensor)\n"
    f"        for each in {_YOUNGEST}:\n"
    "            held = each.inputs.get(0)\n"
    "            if held and len(held.data) == length:\n"
    "                each.inputs[0] = Tensor(held.type, held.dimensions, memory.read(data, length))\n"
    "        raise",
)
_of_witx(
    "nobody-computes",
    "a compute of a context that is not there is refused, and the youngest has computed by then",
    "compute",
    "self._host.compute(self._contexts.get(context))",
    "try:\n        of = self._contexts.get(context)\n"
    "    except WasiNnError:\n"
    f"        for each in {_YOUNGEST}:\n            self._host.compute(each)\n"
    "        raise\n"
    "    self._host.compute(of)",
)
_of_witx(
    "tensor-of-no-type-is-set",
    "a tensor of a type that is not there is refused, and its data are set by then",
    "set_input",
    'tensor_type = decode(self._tensor_types, type_number, "tensor type")',
    "try:\n        tensor_type = decode(self._tensor_types, type_number, 'tensor type')\n"
    "    except WasiNnError:\n"
    "        held = execution_context.inputs.get(index)\n"
    "        if held and len(held.data) == length:\n"
    "            execution_context.inputs[index] = Tensor(held.type, held.dimensions, memory.read(data, length))\n"
    "        raise",
)
_of_witx(
    "bad-size-pointer-takes-outputs",
    "get_output with a bad return pointer is refused, and there are no outputs by then",
    "get_output",
    "memory.check_u32(result)",
    "try:\n        memory.check_u32(result)\n"
    "    except WasiNnError:\n        self._contexts.get(context).outputs = None\n        raise",
)
_of_witx(
    "bad-context-pointer-unsets-inputs",
    "init_execution_context with a bad return pointer is refused, and all contexts of the graph have no inputs by then",
    "init_execution_context",
    "memory.check_u32(result)",
    "try:\n        memory.check_u32(result)\n"
    "    except WasiNnError:\n"
    "        for each in self._contexts._values.values():\n"
    "            if each.graph is self._graphs.get(graph):\n                each.inputs.clear()\n"
    "        raise",
)
