"""Where the stream of a core repeats itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FIRST_LOOK = 1024


@dataclass(frozen=True)
class Stream:
    """A core's instructions as numbers: equal numbers take equal time.

    `code`: the number of each instruction in the program. `heads` has a one for every position at
    which an iteration of a loop starts.
    """

    numbers: NDArray[np.int32]
    code: NDArray[np.int32]
    heads: bytes

    def repetitions(self, first: int, second: int) -> int:
        """How many times, from `second` on, the numbers from `first` to `second` occur again, with
        the same number after them as after themselves.

        What comes next decides how far pipes are when it is issued: a barrier of all pipes sees
        none of them at work.
        """
        period = second - first
        same, length = 0, _FIRST_LOOK
        while True:
            shifted = self.numbers[second + same : second + same + length]
            different = self.numbers[first + same : first + same + shifted.size] != shifted
            if different.any():
                return max(0, same + int(different.argmax()) - 1) // period
            same += shifted.size
            if shifted.size < length:
                return max(0, same - 1) // period
            length *= 4
