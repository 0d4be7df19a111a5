"""Tile ops to instructions, one file per idea; the pass is `npu_legalise`."""
