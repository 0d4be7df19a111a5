"""A head of attention with a causal mask, written in Python: `python examples/attention.py`."""

import numpy as np

import akg_mlir as akg

queries, keys, depth = akg.axes("queries keys depth")


@akg.kernel
def attention(
    q: akg.f16[queries, depth],
    k: akg.f16[keys, depth],
    v: akg.f16[keys, depth],
    place: akg.f32[queries, 1],
    key_place: akg.f32[keys],
) -> akg.Tensor:
    scores = akg.cast(q @ k.T, akg.f32) * q.shape[1] ** -0.5
    visible = akg.where(key_place <= place, scores, -1e9)
    return akg.cast(akg.softmax(visible, over=keys), akg.f16) @ v


def main() -> None:
    random = np.random.default_rng(0)
    q, k, v = random.standard_normal((3, 128, 64)).astype(np.float16)
    place = np.arange(128, dtype=np.float32)
    result = attention(q, k, v, place[:, None], place)
    print(result.shape, result.dtype)
    print(attention.report(queries=128, keys=128, depth=64))


if __name__ == "__main__":
    main()
