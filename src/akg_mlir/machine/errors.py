"""What can go wrong on the machine. Every error names the instruction that did it."""

from __future__ import annotations


class MachineError(Exception):
    """A program did something the machine does not allow."""


class FieldError(MachineError):
    """An instruction whose fields, types or alignment the target does not have."""


class BoundsError(MachineError):
    """An access outside its allocation."""


class PoisonError(MachineError):
    """Bytes that nobody wrote reached GM, a scalar, an address, a mask or a reduction."""


class FlagError(MachineError):
    """The flag protocol is violated: set twice, never waited for, id out of range."""


class DeadlockError(MachineError):
    """No pipe can go on."""
