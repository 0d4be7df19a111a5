"""How an error reaches the user of a command line: one message, exit code 1, no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from xdsl.utils.exceptions import ArgSpecParseError, DiagnosticException, ParseError


def run_guarded(program: str, body: Callable[[], int], *, backtrace: bool = False) -> int:
    """Run `body` and return its exit code; report what it raises and return 1 instead.

    With `backtrace` exceptions pass through, for whoever debugs the compiler itself.
    """
    if backtrace:
        return body()
    try:
        return body()
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`): nothing is left to say to anyone.
        sys.stdout = None
        return 1
    except (Exception, ArgSpecParseError) as error:
        print(f"{program}: error: {describe(error)}", file=sys.stderr)
        return 1


def describe(error: BaseException) -> str:
    """What went wrong, where, and what would work, as far as the exception knows it."""
    # Only imported when there is an error: the machine needs numpy.
    from akg_mlir.machine import MachineError

    match error:
        case ParseError() | DiagnosticException() | ArgSpecParseError():
            return str(error).strip() or type(error).__name__
        case OSError(strerror=str(reason), filename=str(name)):
            return f"{name}: {reason}"
        case MachineError():
            return (
                f"the compiled program breaks a rule of the machine: {error}\n"
                "  help: this is a bug in the compiler, unless --pipeline leaves a pass out"
            )
        case UnicodeDecodeError():
            return f"the input is not UTF-8 text: {error.reason} at byte {error.start}"
        case MemoryError():
            return f"there is not enough memory to run the program: {error}"
        case RecursionError():
            return "the input nests regions too deeply (about 150 levels work)"
        case _:
            return (
                f"internal error, {type(error).__name__}: {error}\n"
                "  help: this is a bug in the compiler; --backtrace shows where it happened"
            )
