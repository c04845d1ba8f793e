"""Sums over rows, each in one fixed order, written as vector instructions that numba compiles into its loops.

A compiler that may reorder sums does so anew in every loop they become part of, and by how wide this processor's
vectors are: then a proof's last digits depend on which process compiled it, and where. Here row r always goes to lane
r mod 32 or r mod 8, and lanes are always added in the same order. No option lets the compiler change that.
"""

from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_F64, _I32, _I64 = ir.DoubleType(), ir.IntType(32), ir.IntType(64)
# Numbers of one vector, and vectors that one sum is spread over so that additions need not wait for each other.
_LANES, _CHAINS = 8, 4
_VECTOR = ir.VectorType(_F64, _LANES)


def _is_line(kind: types.Type) -> bool:
    return isinstance(kind, types.Array) and kind.layout == "C" and kind.ndim == 1 and kind.dtype == types.float64


def _load(builder: ir.IRBuilder, base: ir.Value, row: ir.Value, kind: ir.Type) -> ir.Value:
    place = builder.gep(base, [row], inbounds=True)
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=8)


def _product(builder: ir.IRBuilder, lines: list[ir.Value], row: ir.Value, kind: ir.Type) -> ir.Value:
    """The product of all lines at a row, or at the _LANES rows from there; multiplied from left to right."""
    value = _load(builder, lines[0], row, kind)
    for line in lines[1:]:
        value = builder.fmul(value, _load(builder, line, row, kind))
    return value


def _add_to(builder: ir.IRBuilder, place: ir.Value, value: ir.Value) -> None:
    builder.store(builder.fadd(builder.load(place), value), place)


def _zeros(builder: ir.IRBuilder, kind: ir.Type, count: int) -> list[ir.Value]:
    zero = ir.Constant(kind, [0.0] * _LANES if kind == _VECTOR else 0.0)
    with builder.goto_entry_block():
        places = [builder.alloca(kind) for _ in range(count)]
    for place in places:
        builder.store(zero, place)
    return places


def _in_steps(
    builder: ir.IRBuilder, start: ir.Value, count: ir.Value, step: int, body: Callable[[ir.Value], None]
) -> ir.Value:
    """Calls body for every `step` rows from start as long as they are full; returns the first row that is left."""
    stop = builder.sub(count, builder.urem(builder.sub(count, start), _I64(step)))
    with cgutils.for_range_slice(builder, start, stop, _I64(step), intp=_I64) as (row, _):
        body(row)
    return stop


def _blend(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, lanes: list[int]) -> ir.Value:
    return builder.shuffle_vector(a, b, ir.VectorType(_I32, len(lanes))(lanes))


def _across(builder: ir.IRBuilder, vector: ir.Value) -> ir.Value:
    """The sum of a vector's lanes: halves are added until one is left."""
    width = _LANES
    while width > 1:
        width //= 2
        low, high = list(range(width)), list(range(width, 2 * width))
        vector = builder.fadd(_blend(builder, vector, vector, low), _blend(builder, vector, vector, high))
    return builder.extract_element(vector, _I32(0))


@intrinsic
def sum_of_products(typing_context, lines, rows):
    """Sum over the first `rows` rows of the product of `lines`, a tuple of one or more float64 arrays."""
    if not isinstance(lines, types.UniTuple) or not _is_line(lines.dtype) or not isinstance(rows, types.Integer):
        return None

    def generate(context, builder, signature, arguments):
        count = context.cast(builder, arguments[1], signature.args[1], types.int64)
        members = cgutils.unpack_tuple(builder, arguments[0])
        bases = [context.make_array(lines.dtype)(context, builder, member).data for member in members]
        chains, (single,) = _zeros(builder, _VECTOR, _CHAINS), _zeros(builder, _F64, 1)

        def add_block(row: ir.Value, chain: int) -> None:
            _add_to(builder, chains[chain], _product(builder, bases, row, _VECTOR))

        def add_blocks(row: ir.Value) -> None:
            for chain in range(_CHAINS):
                add_block(builder.add(row, _I64(chain * _LANES)), chain)

        rest = _in_steps(builder, _I64(0), count, _LANES * _CHAINS, add_blocks)
        for chain in range(_CHAINS - 1):
            row = builder.add(rest, _I64(chain * _LANES))
            with builder.if_then(builder.icmp_signed("<=", builder.add(row, _I64(_LANES)), count)):
                add_block(row, chain)
        rest = builder.sub(count, builder.urem(count, _I64(_LANES)))
        _in_steps(builder, rest, count, 1, lambda row: _add_to(builder, single, _product(builder, bases, row, _F64)))
        first, second, third, fourth = (builder.load(chain) for chain in chains)
        total = _across(builder, builder.fadd(builder.fadd(first, second), builder.fadd(third, fourth)))
        return builder.fadd(total, builder.load(single))

    return types.float64(lines, rows), generate


@intrinsic
def four_sums_of_products(typing_context, line, matrix, first, rows):
    """The four sums over the first `rows` rows of line * matrix[first + i], i = 0 .. 3, as a tuple."""
    flat = isinstance(matrix, types.Array) and matrix.layout == "C" and matrix.ndim == 2
    if not _is_line(line) or not flat or matrix.dtype != types.float64:
        return None

    def generate(context, builder, signature, arguments):
        index, count = (
            context.cast(builder, value, kind, types.int64)
            for value, kind in zip(arguments[2:], signature.args[2:], strict=True)
        )
        base = context.make_array(line)(context, builder, arguments[0]).data
        table = context.make_array(matrix)(context, builder, arguments[1])
        length = cgutils.unpack_tuple(builder, table.shape)[1]
        columns = [
            builder.gep(table.data, [builder.mul(builder.add(index, _I64(i)), length)], inbounds=True) for i in range(4)
        ]
        sums, singles = _zeros(builder, _VECTOR, 4), _zeros(builder, _F64, 4)

        def add_rows(row: ir.Value, kind: ir.Type, places: list[ir.Value]) -> None:
            value = _load(builder, base, row, kind)
            for column, place in zip(columns, places, strict=True):
                _add_to(builder, place, builder.fmul(value, _load(builder, column, row, kind)))

        rest = _in_steps(builder, _I64(0), count, _LANES, lambda row: add_rows(row, _VECTOR, sums))
        _in_steps(builder, rest, count, 1, lambda row: add_rows(row, _F64, singles))
        totals = [
            builder.fadd(_across(builder, builder.load(vector)), builder.load(single))
            for vector, single in zip(sums, singles, strict=True)
        ]
        return context.make_tuple(builder, signature.return_type, totals)

    return types.UniTuple(types.float64, 4)(line, matrix, first, rows), generate
