"""Ctrl-C while compiled code runs: long loops look out for it, and it stays a KeyboardInterrupt whatever it met."""

import signal
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def _interrupted(typing_context):  # type: ignore[no-untyped-def]
    """Whether Ctrl-C was pressed. Python then forgets it: who is told ends soon, and tells Python by `interrupt`.

    For kernels that hold the interpreter's lock; False in any thread but the main one.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        answer = ir.IntType(32)
        asked = cgutils.get_or_insert_function(builder.module, ir.FunctionType(answer, []), "PyOS_InterruptOccurred")
        return builder.icmp_signed("!=", builder.call(asked, []), answer(0))

    return types.boolean(), generate


# Numba gives the first argument itself; a type checker cannot know.
interrupted: Any = intrinsic(_interrupted)


def interrupt() -> None:
    """Has Python treat a Ctrl-C that a kernel was told of: most often by a KeyboardInterrupt, raised here."""
    signal.raise_signal(signal.SIGINT)


def interruptible(function: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """The function, with a KeyboardInterrupt that came while numba handed over arrays given on as what it is.

    Numba makes arrays by a few lines of Python; an interrupt in these ends as a chain of SystemErrors.
    """

    @wraps(function)
    def guarded(*args: Arguments.args, **options: Arguments.kwargs) -> Answer:
        try:
            return function(*args, **options)
        except SystemError as error:
            cause: BaseException | None = error
            while cause is not None and not isinstance(cause, KeyboardInterrupt):
                cause = cause.__cause__
            if cause is None:
                raise
        raise KeyboardInterrupt

    return guarded
