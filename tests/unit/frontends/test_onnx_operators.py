"""Operators that fewer models use: ONNX's own tests through the reference, some on the machine, and
what those leave out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx_suite
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_reference import ReferenceBackend

from akg_mlir import onnx_backend
from akg_mlir.diagnostics import CompileError
from akg_mlir.onnx_backend import Backend

EXPECTED = Path(__file__).parents[2] / "conformance" / "onnx_expected.json"
ON_THE_MACHINE = {  # module of onnx.backend.test.case.node -> tests
    "adam": ["test_adam_multiple"],
    "argmax": ["test_argmax_default_axis_random_select_last_index"],
    "argmin": ["test_argmin_negative_axis_keepdims_random"],
    "attention": [
        "test_attention_4d_with_past_and_present_qk_matmul_bias_3d_mask_causal",
        "test_attention_3d_gqa_causal",
        "test_attention_4d_causal_fp16",
    ],
    "bitshift": ["test_bitshift_right_int32_negative_shift"],
    "causal_conv_with_state": ["test_causal_conv_with_state_silu_with_past_state"],
    "convtranspose": ["test_convtranspose_pads", "test_convtranspose_autopad_same"],
    "cumsum": ["test_cumsum_1d_int32_exclusive"],
    "gatherelements": ["test_gather_elements_negative_indices"],
    "gathernd": ["test_gathernd_example_float32", "test_gathernd_example_int32_batch_dim1"],
    "hardmax": ["test_hardmax_axis_1"],
    "instance_normalization": ["test_instancenorm_example"],
    "lppool": ["test_lppool_2d_dilations"],
    "lpnormalization": ["test_l2normalization_axis_0"],
    "mod": ["test_mod_float_edge_cases_fmod_0_float16", "test_mod_mixed_sign_int32"],
    "negativeloglikelihoodloss": ["test_nllloss_NCd1_mean_weight_negative_ii"],
    "resize": [
        "test_resize_downsample_sizes_cubic_antialias",
        "test_resize_tf_crop_and_resize_extrapolation_value",
        "test_resize_upsample_sizes_nearest_ceil_half_pixel",
    ],
    "rmsnormalization": ["test_rms_normalization_3d_axis1_epsilon"],
    "rotaryembedding": ["test_rotary_embedding_with_interleaved_rotary_dim"],
    "round": ["test_round"],
    "sin": ["test_sin"],
    "softmax_cross_entropy_loss": ["test_sce_NCd1_mean_weight_negative_ii_log_prob"],
    "trilu": ["test_triu_pos"],
}


def test_the_importer_agrees_with_the_node_tests_of_onnx():
    """What is refused is what is expected to be."""
    every = onnx_suite.load()
    cases = {n: c for n, c in every.items() if "P2_core" in onnx_suite.groups_of(c, every)}
    assert len(cases) == 470
    expected = json.loads(EXPECTED.read_text())
    for name, case in cases.items():
        outcome = onnx_suite.run(case, ReferenceBackend)
        if outcome.status != "passed":
            assert (outcome.status, name in expected) == ("unsupported", True), (name, outcome)


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in ON_THE_MACHINE.items() for name in names],
)
def test_a_node_test_of_onnx_passes_on_the_machine(module, name):
    outcome = onnx_suite.run(onnx_suite.load([module])[name], Backend.prepare)
    assert outcome.status == "passed", outcome.detail


def run(op, *inputs, **attributes):
    """The first output of one node on the machine."""
    names = [f"x{i}" for i in range(len(inputs))]
    node = helper.make_node(op, names, ["y"], **attributes)
    return onnx_backend.run_node(node, inputs, opset_version=20)[0]


def test_a_nan_is_the_extreme_and_infinities_do_not_spread():
    x = np.array([[1, np.nan, 3], [np.inf, -np.inf, 2]], np.float32)
    np.testing.assert_array_equal(run("ArgMax", x, axis=1, keepdims=0), [1, 0])
    np.testing.assert_array_equal(run("ArgMin", x, axis=1, keepdims=0), [1, 1])
    rows = np.array([[1, 2, np.inf, 3]], np.float32)
    sums = run("CumSum", rows, np.array(1))
    np.testing.assert_array_equal(sums, [[1, 3, np.inf, np.inf]])
    upper = run("Trilu", np.full((2, 2), np.inf, np.float32))
    np.testing.assert_array_equal(upper, [[np.inf, np.inf], [0, np.inf]])


def test_truth_values_are_picked():
    rng = np.random.default_rng(0)
    x, places = rng.integers(0, 2, (3, 5)).astype(bool), rng.integers(-5, 5, (3, 4))
    picked = run("GatherElements", x, places, axis=1)
    assert picked.dtype == bool
    np.testing.assert_array_equal(picked, np.take_along_axis(x, places % 5, 1))


def test_resizing_keeps_infinities_where_they_are():
    x = np.array([[np.inf, 1, 2, np.nan]], np.float32)
    scales = np.array([1, 2], np.float32)
    linear = run("Resize", x, np.array([], np.float32), scales, mode="linear")
    inf, nan = np.inf, np.nan
    np.testing.assert_allclose(linear, [[inf, inf, inf, 1.25, 1.75, nan, nan, nan]])
    nearest = run("Resize", x, np.array([], np.float32), scales, mode="nearest")
    np.testing.assert_array_equal(nearest, x.repeat(2, 1))
    thirds = np.array([1, 0.75], np.float32)
    some = run("Resize", x, np.array([], np.float32), thirds, mode="nearest")
    np.testing.assert_array_equal(some, x[:, [0, 1, 3]])


def test_remainders_keep_below_their_divisor():
    a = np.array([7.5, -7.5, 0.3, 1e6, -1, 5.999999], np.float32)
    b = np.array([2, 2, 0.1, 3, np.inf, 3], np.float32)
    np.testing.assert_allclose(run("Mod", a, b, fmod=1), np.fmod(a, b), atol=1e-7)
    np.testing.assert_allclose(run("Mod", a, b), np.mod(a, b), atol=1e-7)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
        ("ibnd,jbnd->bnij", [(3, 2, 2, 4), (5, 2, 2, 4)]),
        ("...ij,jk", [(2, 3, 4), (4, 5)]),
        ("abc,cd,de->abe", [(2, 3, 4), (4, 5), (5, 2)]),
        ("...a,...a->...", [(2, 3, 4), (1, 3, 4)]),
        ("i,j->ij", [(3,), (4,)]),
        ("iji->j", [(3, 4, 3)]),
    ],
)
def test_einsum(equation, shapes):
    rng = np.random.default_rng(2)
    operands = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    found = run("Einsum", *operands, equation=equation)
    np.testing.assert_allclose(found, np.einsum(equation, *operands), rtol=1e-5, atol=1e-5)


def test_equations_that_fit_nothing_are_refused():
    x = np.zeros((2, 3), np.float32)
    for equation, message in (
        ("ij,jk->ik", "does not match the operands"),
        ("ijk->i", "Rank of input 0"),
    ):
        with pytest.raises(CompileError, match=message):
            run("Einsum", x, equation=equation)


def test_constants_of_a_translation_have_names_of_their_own():
    """Places along 32 elements are an argument; so is the initialiser that has its name."""
    kind = TensorProto.FLOAT, [32, 32]
    weight = np.random.default_rng(3).standard_normal((32, 32)).astype(np.float32)
    nodes = [helper.make_node("Trilu", ["x"], ["y"]), helper.make_node("Add", ["y", "y.0"], ["z"])]
    inputs, outputs = ([helper.make_tensor_value_info(name, *kind)] for name in "xz")
    given = [numpy_helper.from_array(weight, "y.0")]
    model = helper.make_model(
        helper.make_graph(nodes, "test", inputs, outputs, given),
        opset_imports=[helper.make_opsetid("", 18)],
    )
    x = np.ones((32, 32), np.float32)
    np.testing.assert_allclose(ReferenceBackend(model).run([x])[0], np.triu(x) + weight)
    np.testing.assert_allclose(Backend.prepare(model).run([x])[0], np.triu(x) + weight)


def test_determinants_are_written_out():
    x = np.random.default_rng(0).standard_normal((2, 4, 4)).astype(np.float32)
    np.testing.assert_allclose(run("Det", x), np.linalg.det(x), rtol=1e-4)


def test_blocks_of_an_image_become_channels_and_places_again():
    """Both modes of opsets in which ONNX does not define them by other operators."""
    x = np.arange(2 * 12 * 3 * 5, dtype=np.float32).reshape(2, 12, 3, 5)
    apart = x.reshape(2, 2, 2, 3, 3, 5).transpose(0, 3, 4, 1, 5, 2).reshape(2, 3, 6, 10)
    found = run("DepthToSpace", x, blocksize=2)
    np.testing.assert_array_equal(found, apart)
    np.testing.assert_array_equal(run("SpaceToDepth", found, blocksize=2), x)
    inside = x.reshape(2, 3, 2, 2, 3, 5).transpose(0, 1, 4, 2, 5, 3).reshape(2, 3, 6, 10)
    np.testing.assert_array_equal(run("DepthToSpace", x, blocksize=2, mode="CRD"), inside)


def test_logarithms_of_sums_neither_overflow_nor_lose_infinities():
    x = np.array([[200, 199], [-np.inf, -np.inf], [np.inf, 1]], np.float32)
    expected = [[np.logaddexp(200, 199)], [-np.inf], [np.inf]]
    found = run("ReduceLogSumExp", x, np.array([1]))
    np.testing.assert_allclose(found, np.array(expected, np.float32), rtol=1e-6)
    np.testing.assert_allclose(run("Softplus", x), np.logaddexp(0, x), rtol=1e-6)


def test_transposed_convolutions_of_any_shape():
    """Pads beyond the window cut off elements; a larger result ends in zeros."""
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((2, 4, 5, 3)), rng.standard_normal((4, 3, 2, 3))
    x, w = x.astype(np.float32), w.astype(np.float32)
    full = np.zeros((2, 6, 5 * 2, 3 * 3 + 2), np.float32)
    for i, j in np.ndindex(2, 3):
        for g in range(2):
            taps = np.einsum(
                "nchw,co->nohw", x[:, 2 * g : 2 * g + 2], w[2 * g : 2 * g + 2, :, i, j]
            )
            full[:, 3 * g : 3 * g + 3, i : i + 9 : 2, 2 * j : 2 * j + 7 : 3] += taps
    attributes = {"strides": [2, 3], "dilations": [1, 2], "group": 2}
    found = run("ConvTranspose", x, w, **attributes)
    np.testing.assert_allclose(found, full, rtol=1e-5, atol=1e-5)
    found = run("ConvTranspose", x, w, pads=[3, 0, 1, 5], **attributes)
    np.testing.assert_allclose(found, full[:, :, 3:-1, :-5], rtol=1e-5, atol=1e-5)


def test_windows_smaller_than_strides_leave_nothing_to_cut_off():
    """As onnxruntime and ONNX's shapes have it."""
    x, w = np.ones((1, 1, 5, 6), np.float32), np.ones((1, 1, 4, 1), np.float32)
    found = run("ConvTranspose", x, w, strides=[2, 2], auto_pad="SAME_UPPER")
    assert found.shape == (1, 1, 10, 11)
    np.testing.assert_array_equal(found[0, 0, 0], [1, 0] * 5 + [1])


def test_what_does_not_fit_is_refused():
    x = np.zeros((2, 3), np.float32)
    with pytest.raises(CompileError, match="axis 2 is outside"):
        run("CumSum", x, np.array(2))
