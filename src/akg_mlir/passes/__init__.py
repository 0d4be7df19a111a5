"""The passes of akg-mlir by name, loaded lazily. One file per pass; file name = pass name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from xdsl.passes import ModulePass

# pass name -> (module, class). Kept sorted inside each floor.
TENSOR: dict[str, tuple[str, str]] = {
    "convert-linalg-to-te": ("convert_linalg_to_te", "ConvertLinalgToTe"),
    "convert-te-to-linalg": ("convert_te_to_linalg", "ConvertTeToLinalg"),
    "te-apply-precision": ("te_apply_precision", "TeApplyPrecision"),
    "te-channels-last": ("te_channels_last", "TeChannelsLast"),
    "te-collapse-dims": ("te_collapse_dims", "TeCollapseDims"),
    "te-decompose": ("te_decompose", "TeDecompose"),
    "te-drop-unit-dims": ("te_drop_unit_dims", "TeDropUnitDims"),
    "te-group-rows": ("te_group_rows", "TeGroupRows"),
    "te-partition": ("te_partition", "TePartition"),
    "te-propagate-layout": ("te_propagate_layout", "TePropagateLayout"),
    "te-record-workload": ("te_record_workload", "TeRecordWorkload"),
    "te-set-target": ("te_set_target", "TeSetTarget"),
    "te-share-values": ("te_share_values", "TeShareValues"),
    "te-sink-reshapes": ("te_sink_reshapes", "TeSinkReshapes"),
    "te-split-reductions": ("te_split_reductions", "TeSplitReductions"),
    "te-turn-lanes": ("te_turn_lanes", "TeTurnLanes"),
    "te-turn-products": ("te_turn_products", "TeTurnProducts"),
}
AFFINE: dict[str, tuple[str, str]] = {
    "convert-te-to-affine": ("convert_te_to_affine", "ConvertTeToAffine"),
    "poly-assign-units": ("poly_assign_units", "PolyAssignUnits"),
    "poly-dependences": ("poly_dependences", "PolyDependences"),
    "poly-fuse": ("poly_fuse", "PolyFuse"),
    "poly-promote": ("poly_promote", "PolyPromote"),
    "poly-raise": ("poly_raise", "PolyRaise"),
    "poly-schedule": ("poly_schedule", "PolySchedule"),
    "poly-tile": ("poly_tile", "PolyTile"),
    "poly-tune": ("poly_tune", "PolyTune"),
    "poly-verify": ("poly_verify", "PolyVerify"),
}
NPU: dict[str, tuple[str, str]] = {
    "npu-fold-moves": ("npu_fold_moves", "NpuFoldMoves"),
    "npu-generate": ("npu_generate", "NpuGenerate"),
    "npu-hoist-invariants": ("npu_hoist_invariants", "NpuHoistInvariants"),
    "npu-insert-sync": ("npu_insert_sync", "NpuInsertSync"),
    "npu-legalise": ("npu_legalise", "NpuLegalise"),
    "npu-multi-buffer": ("npu_multi_buffer", "NpuMultiBuffer"),
    "npu-plan-memory": ("npu_plan_memory", "NpuPlanMemory"),
    "npu-slice-loads": ("npu_slice_loads", "NpuSliceLoads"),
    "npu-slice-results": ("npu_slice_results", "NpuSliceResults"),
    "npu-slice-stores": ("npu_slice_stores", "NpuSliceStores"),
    "npu-verify": ("npu_verify", "NpuVerify"),
}

PIPELINES: dict[str, tuple[str, str]] = {
    "affine-to-npu": ("pipelines", "AffineToNpu"),
    "affine-to-trees": ("pipelines", "AffineToTrees"),
    "akg": ("pipelines", "Akg"),
    "npu-to-instructions": ("pipelines", "NpuToInstructions"),
    "te-to-affine": ("pipelines", "TeToAffine"),
    "te-to-linalg": ("pipelines", "TeToLinalg"),
}

# package of the module -> its passes
TABLES = {"": PIPELINES, ".tensor": TENSOR, ".affine": AFFINE, ".npu": NPU}


def get_all_passes() -> dict[str, Callable[[], type[ModulePass]]]:
    """Pass name -> factory of the pass class. Importing happens in the factory."""

    def loader(package: str, module: str, cls: str) -> Callable[[], type[ModulePass]]:
        return lambda: getattr(import_module(f"akg_mlir.passes{package}.{module}"), cls)

    return {
        name: loader(package, *entry)
        for package, table in TABLES.items()
        for name, entry in table.items()
    }
