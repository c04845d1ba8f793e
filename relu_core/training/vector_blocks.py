"""Matrix products and the multiply-add of training, written as instructions that numba compiles into its kernels.

Lanes are the rows of a minibatch: activations lie [unit][lane]. A block of output units times a stripe of lanes stays
in registers over the whole sum. Left to the compiler's own vectorising, sums go through memory and half the machine is
lost.
Every sum has an order written here, and every product says whether it is rounded before it is added. The compiler may
choose neither: it chooses otherwise for another processor, or where it puts a copy of a kernel into another kernel.
Numba keeps compiled kernels by the time stamp of the kernels' file alone: after a change here, remove __pycache__.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_F32, _I64 = ir.FloatType(), ir.IntType(64)
# Inputs of a gradient that are worked on together: 48 rows of 128 lanes take half of a first-level cache.
_PANEL = 48
# Sums over the lanes of a stripe: so many side by side on every processor, lane 0, 16, 32 ... in the first of them.
_SUMS = 16


@dataclass(frozen=True)
class Shape:
    """What fits the registers: numbers in a vector; units and vectors of a weighted sum; a block of gradients."""

    width: int
    units: int
    vectors: int
    gradient_units: int
    gradient_inputs: int = 4


def host_shape() -> Shape:
    """Block sizes for this processor: 32 registers of 16 numbers with AVX-512, else 16 registers of 8 or 4."""
    features = llvmlite.binding.get_host_cpu_features()
    if features.get("avx512f"):
        return Shape(width=16, units=6, vectors=4, gradient_units=6)
    return Shape(width=8 if features.get("avx2") else 4, units=4, vectors=2, gradient_units=2)


class Writer:
    """Writes vector instructions at one place of a function."""

    def __init__(self, builder: ir.IRBuilder, width: int) -> None:
        self.builder, self.width = builder, width
        self.vector = ir.VectorType(_F32, width)

    def address(self, base: ir.Value, *offsets: ir.Value) -> ir.Value:
        for offset in offsets:
            base = self.builder.gep(base, [offset], inbounds=True)
        return base

    def load(self, base: ir.Value, offset: int) -> ir.Value:
        place = self.builder.gep(base, [_I64(offset)], inbounds=True)
        return self.builder.load(self.builder.bitcast(place, self.vector.as_pointer()), align=4)

    def store(self, value: ir.Value, base: ir.Value, offset: int) -> None:
        place = self.builder.gep(base, [_I64(offset)], inbounds=True)
        self.builder.store(value, self.builder.bitcast(place, value.type.as_pointer()), align=4)

    def spread(self, scalar: ir.Value) -> ir.Value:
        none = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(none, scalar, ir.IntType(32)(0))
        return self.builder.shuffle_vector(first, none, ir.VectorType(ir.IntType(32), self.width)([0] * self.width))

    def zero(self, width: int | None = None) -> ir.Value:
        return ir.Constant(ir.VectorType(_F32, width or self.width), [0.0] * (width or self.width))

    def multiply_add(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """a b + c, rounded once; a function call for each number where a processor cannot do that."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        fused = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.fma.v{self.width}f32")
        return self.builder.call(fused, [a, b, c])

    def blend(self, a: ir.Value, b: ir.Value, mask: list[int]) -> ir.Value:
        return self.builder.shuffle_vector(a, b, ir.VectorType(ir.IntType(32), len(mask))(mask))

    def joined(self, places: list[ir.Value]) -> ir.Value:
        """The vectors at 1, 2 or 4 places as one, end to end."""
        vectors = [self.builder.load(place) for place in places]
        while len(vectors) > 1:
            ends = list(range(2 * vectors[0].type.count))
            vectors = [self.blend(a, b, ends) for a, b in zip(vectors[::2], vectors[1::2], strict=True)]
        return vectors[0]

    def sums(self, group: list[ir.Value]) -> ir.Value:
        """The sums of four vectors of 16 as one of four: transposes while adding, so that no addition is wasted."""
        a, b, c, d = group
        width, fours = _SUMS, range(0, _SUMS, 4)
        low = [i + j for i in fours for j in (0, width, 1, width + 1)]
        high = [i + j for i in fours for j in (2, width + 2, 3, width + 3)]
        first, second = (self.builder.fadd(self.blend(p, q, low), self.blend(p, q, high)) for p, q in ((a, b), (c, d)))
        low = [i + j for i in fours for j in (0, 1, width, width + 1)]
        high = [i + j for i in fours for j in (2, 3, width + 2, width + 3)]
        total = self.builder.fadd(self.blend(first, second, low), self.blend(first, second, high))
        while width > 4:
            width //= 2
            low, high = list(range(width)), list(range(width, 2 * width))
            total = self.builder.fadd(self.blend(total, total, low), self.blend(total, total, high))
        return total


def _loop(
    builder: ir.IRBuilder, start: ir.Value, stop: ir.Value, step: int
) -> AbstractContextManager[tuple[ir.Value, ir.Value]]:
    return cgutils.for_range_slice(builder, start, stop, _I64(step), intp=_I64)


def _in_blocks(builder: ir.IRBuilder, count: ir.Value, block: int, body: Callable[[ir.Value, int], None]) -> None:
    """Calls body(start, size) for full blocks, then once for what is left over."""
    full = builder.sub(count, builder.urem(count, _I64(block)))
    with _loop(builder, _I64(0), full, block) as (start, _):
        body(start, block)
    rest = builder.sub(count, full)
    for size in range(1, block):
        with builder.if_then(builder.icmp_unsigned("==", rest, _I64(size))):
            body(full, size)


def _widen(function: ir.Function) -> None:
    # Compilers halve vectors of 512 bits on processors that once slowed down for them. llvmlite knows no name for these
    # two attributes, hence the way around its own `add`.
    for attribute in ('"prefer-vector-width"="512"', '"min-legal-vector-width"="512"'):
        set.add(function.attributes, attribute)


def define(
    builder: ir.IRBuilder,
    name: str,
    arguments: list[ir.Value],
    body: Callable[[ir.IRBuilder, tuple[ir.Value, ...]], None],
) -> None:
    """Calls the function of that name, written into the module at first use."""
    module = builder.module
    if name not in module.globals:
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in arguments])
        function = ir.Function(module, kind, name)
        function.linkage = "internal"
        _widen(function)
        function.attributes.add("noinline")
        inner = ir.IRBuilder(function.append_basic_block("entry"))
        body(inner, function.args)
        inner.ret_void()
    builder.call(module.globals[name], arguments)


def _weighted_sums(builder: ir.IRBuilder, args: tuple[ir.Value, ...], masked: bool) -> None:
    """Y[j] = finish(sum over k of W[j * across + k * along] X[k]) for j < J, k < K; rows are `lanes` apart."""
    W, across, along, X, K, Y, J, lanes, extra, floor = args
    shape = host_shape()
    write = Writer(builder, shape.width)
    stripe = shape.width * shape.vectors
    with builder.goto_entry_block():
        sums = [[builder.alloca(write.vector) for _ in range(shape.vectors)] for _ in range(shape.units)]

    def block(z: ir.Value, j: ir.Value, units: int) -> None:
        row = write.address(W, builder.mul(j, across))
        for u in range(units):
            start = write.zero()
            if not masked:
                start = write.spread(builder.load(write.address(extra, builder.mul(builder.add(j, _I64(u)), across))))
            for v in range(shape.vectors):
                builder.store(start, sums[u][v])
        with _loop(builder, _I64(0), K, 1) as (k, _):
            column = write.address(X, builder.add(builder.mul(k, lanes), z))
            values = [write.load(column, v * shape.width) for v in range(shape.vectors)]
            for u in range(units):
                place = write.address(row, builder.mul(_I64(u), across), builder.mul(k, along))
                weight = write.spread(builder.load(place))
                for v, value in enumerate(values):
                    builder.store(write.multiply_add(weight, value, builder.load(sums[u][v])), sums[u][v])
        for u in range(units):
            offset = builder.add(builder.mul(builder.add(j, _I64(u)), lanes), z)
            for v in range(shape.vectors):
                total = builder.load(sums[u][v])
                if masked:
                    active = write.load(write.address(extra, offset), v * shape.width)
                    total = builder.select(builder.fcmp_ordered(">", active, write.zero()), total, write.zero())
                else:
                    low = write.spread(floor)
                    total = builder.select(builder.fcmp_ordered("<", total, low), low, total)
                write.store(total, write.address(Y, offset), v * shape.width)

    # Stripes outermost: the inputs of one stripe stay in the first-level cache for all units.
    with _loop(builder, _I64(0), lanes, stripe) as (z, _):
        _in_blocks(builder, J, shape.units, partial(block, z))


def _gradients(builder: ir.IRBuilder, args: tuple[ir.Value, ...]) -> None:
    """G[j * across + k] += sum over lanes of S[j] X[k] for j < J, k < K."""
    S, J, X, K, G, across, lanes = args
    shape = host_shape()
    write, parts = Writer(builder, shape.width), range(_SUMS // shape.width)
    with builder.goto_entry_block():
        sums = [
            [builder.alloca(write.vector) for _ in parts] for _ in range(shape.gradient_units * shape.gradient_inputs)
        ]

    def row(start: ir.Value, i: int) -> ir.Value:
        return builder.mul(builder.add(start, _I64(i)), lanes)

    def add_to(j: ir.Value, u: int, k: ir.Value, i: int, part: ir.Value) -> None:
        place = write.address(G, builder.mul(builder.add(j, _I64(u)), across), builder.add(k, _I64(i)))
        place = builder.bitcast(place, part.type.as_pointer())
        builder.store(builder.fadd(builder.load(place, align=4), part), place, align=4)

    def block(j: ir.Value, units: int, k: ir.Value, inputs: int) -> None:
        for part in parts:
            for i in range(units * inputs):
                builder.store(write.zero(), sums[i][part])
            with _loop(builder, _I64(part * shape.width), lanes, _SUMS) as (z, _):
                values = [write.load(write.address(X, row(k, i), z), 0) for i in range(inputs)]
                for u in range(units):
                    slope = write.load(write.address(S, row(j, u), z), 0)
                    for i, value in enumerate(values):
                        place = sums[u * inputs + i][part]
                        builder.store(write.multiply_add(slope, value, builder.load(place)), place)
        for first in range(0, units * inputs, 4):
            places = range(first, first + 4)
            group = [write.joined(sums[i]) if i < units * inputs else write.zero(_SUMS) for i in places]
            total = write.sums(group)
            if inputs == 4:
                add_to(j, first // 4, k, 0, total)
                continue
            for i in range(first, min(first + 4, units * inputs)):
                add_to(j, i // inputs, k, i % inputs, builder.extract_element(total, ir.IntType(32)(i - first)))

    def panel(first: ir.Value, count: ir.Value, j: ir.Value, units: int) -> None:
        _in_blocks(
            builder, count, shape.gradient_inputs, lambda k, inputs: block(j, units, builder.add(first, k), inputs)
        )

    # Panels outermost: their inputs stay in the first-level cache for all units.
    with _loop(builder, _I64(0), K, _PANEL) as (first, _):
        left = builder.sub(K, first)
        count = builder.select(builder.icmp_unsigned("<", left, _I64(_PANEL)), left, _I64(_PANEL))
        _in_blocks(builder, J, shape.gradient_units, partial(panel, first, count))


def _place(context, builder, array_type, array, offset):  # type: ignore[no-untyped-def]
    return builder.gep(context.make_array(array_type)(context, builder, value=array).data, [offset], inbounds=True)


def _layer_forward(context, W, w, K, J, X, x, Y, y, lanes, floor):  # type: ignore[no-untyped-def]
    """Y = max(floor, W X + bias): W at w is (J, K + 1), bias last, X at x is (K, lanes), Y at y is (J, lanes)."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        W, w, K, J, X, x, Y, y, lanes, floor = args
        kinds = signature.args
        weights = _place(context, builder, kinds[0], W, w)
        across = builder.add(K, _I64(1))
        bias = builder.gep(weights, [K], inbounds=True)
        inputs, outputs = _place(context, builder, kinds[4], X, x), _place(context, builder, kinds[6], Y, y)
        values = [weights, across, _I64(1), inputs, K, outputs, J, lanes, bias, floor]
        define(builder, "layer_forward", values, lambda inner, given: _weighted_sums(inner, given, masked=False))
        return context.get_dummy_value()

    i = types.int64
    return types.void(W, i, i, i, X, i, Y, i, i, types.float32), generate


def _layer_backward(typing_context, W, w, row, K, J, S, s, A, a, T, t, lanes):  # type: ignore[no-untyped-def]
    """T = (W' S) where A > 0, else 0: S is (J, lanes), A and T are (K, lanes), W is (J, K), its rows `row` apart."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        W, w, row, K, J, S, s, A, a, T, t, lanes = args
        kinds = signature.args
        weights = _place(context, builder, kinds[0], W, w)
        slopes, active = _place(context, builder, kinds[5], S, s), _place(context, builder, kinds[7], A, a)
        result = _place(context, builder, kinds[9], T, t)
        values = [weights, _I64(1), row, slopes, J, result, K, lanes, active, _F32(0.0)]
        define(builder, "layer_backward", values, lambda inner, given: _weighted_sums(inner, given, masked=True))
        return context.get_dummy_value()

    i = types.int64
    return types.void(W, i, i, i, i, S, i, A, i, T, i, i), generate


def _layer_gradient(typing_context, S, s, J, X, x, K, G, g, lanes):  # type: ignore[no-untyped-def]
    """G += S X': S at s is (J, lanes), X at x is (K, lanes), G at g is (J, K)."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        S, s, J, X, x, K, G, g, lanes = args
        kinds = signature.args
        slopes, inputs = _place(context, builder, kinds[0], S, s), _place(context, builder, kinds[3], X, x)
        values = [slopes, J, inputs, K, _place(context, builder, kinds[6], G, g), K, lanes]
        define(builder, "layer_gradient", values, _gradients)
        return context.get_dummy_value()

    i = types.int64
    return types.void(S, i, i, X, i, i, G, i, i), generate


def _multiply_add(typing_context, a, b, c):  # type: ignore[no-untyped-def]
    """a b + c in float32, rounded once."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.fma(*args)

    return types.float32(types.float32, types.float32, types.float32), generate


# Numba gives the first argument itself; a type checker cannot know.
layer_forward: Any = intrinsic(_layer_forward)
layer_backward: Any = intrinsic(_layer_backward)
layer_gradient: Any = intrinsic(_layer_gradient)
multiply_add: Any = intrinsic(_multiply_add)
