"""The most multiply-adds in float32 that one thread of this machine does: the denominator of `bench_training`."""

import time
from concurrent.futures import ThreadPoolExecutor

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from relu_core.training.vector_blocks import Writer, define, host_shape

# Independent sums: enough to hide the latency of one multiply-add on any processor.
SUMS = 24


@intrinsic
def _burst(typing_context, steps):
    def body(builder, given):
        steps, factor, addend, result = given
        write = Writer(builder, host_shape().width)
        sums = [builder.alloca(write.vector) for _ in range(SUMS)]
        for i, place in enumerate(sums):
            builder.store(ir.Constant(write.vector, [i * 1e-3] * write.width), place)
        factor, addend = write.spread(factor), write.spread(addend)
        with cgutils.for_range(builder, steps):
            for place in sums:
                builder.store(write.multiply_add(factor, builder.load(place), addend), place)
        total = write.zero()
        for place in sums:
            total = builder.fadd(total, builder.load(place))
        write.store(total, result, 0)

    def generate(context, builder, signature, args):
        result = cgutils.alloca_once(builder, ir.FloatType(), size=16)
        define(builder, "fma_burst", [args[0], ir.FloatType()(0.999), ir.FloatType()(1e-4), result], body)
        return builder.load(result)

    return types.float32(types.int64), generate


@njit(nogil=True)
def _run(steps):
    return _burst(steps)


def measure_peak(repeats: int = 3, steps: int = 500_000) -> float:
    """FLOP a second of CPU time, best of the repeats."""
    _run(1)
    seconds = []
    for _ in range(repeats):
        begun = time.thread_time()
        _run(steps)
        seconds.append(time.thread_time() - begun)
    return steps * SUMS * 2 * host_shape().width / min(seconds)


def burst_seconds(threads: int, steps: int = 1_000_000) -> float:
    """Wall time in which each of `threads` threads does that many steps at the same time."""
    _run(1)
    with ThreadPoolExecutor(threads) as pool:
        begun = time.perf_counter()
        list(pool.map(_run, [steps] * threads))
        return time.perf_counter() - begun
