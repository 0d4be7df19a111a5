"""Plugin entry point: makes our dialects and passes appear in plain `xdsl-opt` too."""

from __future__ import annotations

from xdsl.universe import Universe

from akg_mlir.dialects import get_all_dialects
from akg_mlir.passes import get_all_passes

AKG_UNIVERSE = Universe(all_dialects=get_all_dialects(), all_passes=get_all_passes())
