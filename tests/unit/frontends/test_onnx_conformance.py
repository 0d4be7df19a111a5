"""A part of the ONNX conformance suite for every run: each operator, compiled and simulated."""

from __future__ import annotations

import onnx_suite
import pytest

from akg_mlir.onnx_backend import Backend

# module of onnx.backend.test.case.node -> its tests
SUBSET = {
    "abs": ["test_abs"],
    "add": ["test_add_bcast"],
    "averagepool": [
        "test_averagepool_1d_default",
        "test_averagepool_2d_ceil_last_window_starts_on_pad",
        "test_averagepool_2d_precomputed_pads_count_include_pad",
        "test_averagepool_2d_precomputed_same_upper",
    ],
    "batch_normalization": ["test_batchnorm_epsilon", "test_batchnorm_example_training_mode"],
    "cast": ["test_cast_FLOAT_to_FLOAT16"],
    "concat": ["test_concat_2d_axis_negative_1"],
    "constant": ["test_constant"],
    "conv": ["test_conv_with_autopad_same", "test_conv_with_strides_and_asymmetric_padding"],
    "div": ["test_div_int32_trunc", "test_div_bcast"],
    "erf": ["test_erf"],
    "exp": ["test_exp_example"],
    "gather": ["test_gather_negative_indices"],
    "gelu": ["test_gelu_default_1", "test_gelu_tanh_1"],
    "gemm": ["test_gemm_all_attributes", "test_gemm_default_no_bias", "test_gemm_transposeA"],
    "globalaveragepool": ["test_globalaveragepool_precomputed"],
    "globalmaxpool": ["test_globalmaxpool_precomputed"],
    "layernormalization": [
        "test_layer_normalization_2d_axis0",
        "test_layer_normalization_3d_axis1_epsilon_expanded",
    ],
    "log": ["test_log_example"],
    "isinf": ["test_isinf_positive"],
    "lrn": ["test_lrn_default"],
    "logsoftmax": ["test_logsoftmax_large_number_expanded"],
    "matmul": ["test_matmul_1d_3d", "test_matmul_2d", "test_matmul_bcast"],
    "max": ["test_max_float16", "test_max_one_input"],
    "maxpool": [
        "test_maxpool_1d_default",
        "test_maxpool_2d_ceil",
        "test_maxpool_2d_dilations",
        "test_maxpool_3d_dilations",
    ],
    "min": ["test_min_example", "test_min_int64"],
    "mul": ["test_mul_example"],
    "neg": ["test_neg_example"],
    "onehot": ["test_onehot_negative_indices"],
    "pad": ["test_constant_pad", "test_constant_pad_negative_axes", "test_reflect_pad"],
    "pow": ["test_pow_example", "test_pow_types_int64_float32"],
    "reducemax": ["test_reduce_max_bool_inputs", "test_reduce_max_empty_set"],
    "reducemean": ["test_reduce_mean_negative_axes_keepdims_example"],
    "reducesum": [
        "test_reduce_sum_empty_axes_input_noop",
        "test_reduce_sum_do_not_keepdims_example",
    ],
    "relu": ["test_relu"],
    "reshape": ["test_reshape_negative_dim", "test_reshape_zero_and_negative_dim"],
    "sigmoid": ["test_sigmoid_example"],
    "slice": ["test_slice_negative_axes", "test_slice_neg_steps"],
    "softmax": ["test_softmax_example", "test_softmax_axis_0_expanded"],
    "split": ["test_split_2d_uneven_split_opset18"],
    "sqrt": ["test_sqrt_example"],
    "sub": ["test_sub_bcast"],
    "tanh": ["test_tanh_example"],
    "tile": ["test_tile_precomputed"],
    "transpose": ["test_transpose_all_permutations_1", "test_transpose_all_permutations_5"],
}


@pytest.mark.parametrize(
    ("module", "name"),
    [(module, name) for module, names in SUBSET.items() for name in names],
    ids=lambda value: value,
)
def test_a_node_test_of_onnx_passes(module, name):
    case = onnx_suite.load([module])[name]
    outcome = onnx_suite.run(case, Backend.prepare)
    assert outcome == onnx_suite.Outcome("passed")
