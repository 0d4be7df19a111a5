// Names and signatures of the public Ascend C API that the device body of akg_npu.hpp calls: enough
// for a C++17 compiler to check types, nothing more. Written from the facts that are listed in
// tests/support/ascendc_table.py; no part of any toolkit. What a machine (__NPU_ARCH__) has not is
// not declared for it.
#pragma once

#include <cstdint>

#define __global__
#define __aicore__
#if __NPU_ARCH__ == 2201
#define __cube__
#define __vector__
#endif
#define __gm__
#define GM_ADDR uint8_t *

// A number for storage and conversion: arithmetic on the scalar unit is to go by float.
struct half {
  half() = default;
  explicit half(float value);
  explicit operator float() const;
  uint16_t bits;
};
bool operator==(half a, half b);
bool operator!=(half a, half b);
bool operator<(half a, half b);
bool operator<=(half a, half b);
bool operator>(half a, half b);
bool operator>=(half a, half b);

enum pipe_t {
  PIPE_S, PIPE_V, PIPE_M, PIPE_MTE1, PIPE_MTE2, PIPE_MTE3, PIPE_ALL,
#if __NPU_ARCH__ == 2201
  PIPE_FIX
#endif
};
#if __NPU_ARCH__ == 2201
enum QuantMode_t { NoQuant, F322F16, F322BF16, DEQF16 };
#endif

namespace AscendC {

enum class TPosition { A1, B1, A2, B2, CO1, VECIN, VECCALC, VECOUT };
enum class HardEvent {
  MTE2_MTE1, MTE1_MTE2, MTE1_M, M_MTE1, MTE2_V, V_MTE2, V_MTE3, MTE3_V, M_V, V_M, MTE3_MTE2,
  MTE2_MTE3, V_S, S_V, MTE2_S, S_MTE2, S_MTE3, MTE3_S, MTE1_V, V_MTE1, MTE3_MTE1, MTE1_MTE3, M_S,
#if __NPU_ARCH__ == 2201
  M_FIX, FIX_M, FIX_MTE2, FIX_MTE3, FIX_MTE1, FIX_S
#endif
};
enum class RoundMode {
  CAST_NONE, CAST_RINT, CAST_FLOOR, CAST_CEIL, CAST_ROUND, CAST_TRUNC, CAST_ODD
};
enum class CMPMODE { LT, GT, GE, LE, EQ, NE };
enum class SELMODE { VSEL_CMPMASK_SPR };
enum class BlockMode { BLOCK_MODE_MATRIX, BLOCK_MODE_VECTOR };

template <class T>
struct GlobalTensor {
  void SetGlobalBuffer(__gm__ T *address);
  T GetValue(uint64_t index) const;
  void SetValue(uint64_t index, T value) const;
  __gm__ T *address;
};
template <class T>
struct LocalTensor {
  LocalTensor() = default;
  LocalTensor(TPosition position, uint32_t address, uint32_t elements);
  LocalTensor operator[](uint32_t offset) const;
  T GetValue(uint32_t index) const;
  void SetValue(uint32_t index, T value) const;
  TPosition position;
  uint32_t address;
};

// ---------------------------------------------------------------------------------------- control

int64_t GetBlockIdx();
#if __NPU_ARCH__ != 1001
void InitSocState();
#endif
template <HardEvent event>
void SetFlag(int32_t id);
template <HardEvent event>
void WaitFlag(int32_t id);
template <pipe_t pipe>
void PipeBarrier();

// ----------------------------------------------------------------------------------------- copies

struct DataCopyParams {
  DataCopyParams(uint16_t blockCount, uint16_t blockLen, uint16_t srcGap, uint16_t dstGap);
  uint16_t blockCount, blockLen, srcGap, dstGap;
};
template <class T>
void DataCopy(const LocalTensor<T> &dst, const GlobalTensor<T> &src, const DataCopyParams &params);
template <class T>
void DataCopy(const GlobalTensor<T> &dst, const LocalTensor<T> &src, const DataCopyParams &params);
template <class T>
void DataCopy(const LocalTensor<T> &dst, const LocalTensor<T> &src, const DataCopyParams &params);

struct LoadData2DParams {
  LoadData2DParams(uint16_t startIndex, uint8_t repeatTimes, uint16_t srcStride, uint8_t sid,
                   uint16_t dstGap, bool ifTranspose, uint8_t addrMode);
  uint16_t startIndex;
  uint8_t repeatTimes;
  uint16_t srcStride, dstGap;
};
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src, const LoadData2DParams &params);

#if __NPU_ARCH__ != 2201
struct DataCopyEnhancedParams {
  BlockMode blockMode;
};
template <class D, class T>
void DataCopy(const LocalTensor<D> &dst, const LocalTensor<T> &src, const DataCopyParams &params,
              const DataCopyEnhancedParams &enhanced);

template <class T>
struct LoadData3DParamsV1 {
  uint8_t padList[4];
  uint16_t l1H, l1W, c1Index;
  uint8_t fetchFilterW, fetchFilterH;
  int16_t leftTopW, leftTopH;
  uint8_t strideW, strideH, filterW, filterH, dilationFilterW, dilationFilterH, jumpStride;
  uint8_t repeatMode, repeatTime, cSize;
  T padValue;
};
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src,
              const LoadData3DParamsV1<T> &params);
#else
template <class T>
struct LoadData3DParamsV2 {
  uint8_t padList[4];
  uint16_t l1H, l1W, channelSize, kExtension, mExtension, kStartPt, mStartPt;
  uint8_t strideW, strideH, filterW, filterH, dilationW, dilationH;
  bool enTranspose, enSmallK;
  T padValue;
  bool filterSizeW, filterSizeH, fMatrixCtrl;
};
template <class T>
void LoadData(const LocalTensor<T> &dst, const LocalTensor<T> &src,
              const LoadData3DParamsV2<T> &params);
struct FixpipeConfig {
  bool rowMajor;
};
constexpr FixpipeConfig CFG_NZ = {false}, CFG_ROW_MAJOR = {true};
struct FixpipeParamsV220 {
  uint16_t nSize, mSize, srcStride;
  uint32_t dstStride;
  QuantMode_t quantPre;
  uint64_t deqScalar;
  uint16_t ndNum, srcNdStride, dstNdStride;
  bool reluEn;
  uint8_t unitFlag;
  bool isChannelSplit;
};
template <class D, class T, const FixpipeConfig &config = CFG_ROW_MAJOR>
void Fixpipe(const GlobalTensor<D> &dst, const LocalTensor<T> &src, const FixpipeParamsV220 &params);
#endif

// ------------------------------------------------------------------------------------------- cube

struct MmadParams {
  uint16_t m, n, k;
  bool isBias, cmatrixInitVal;
};
template <class C, class A, class B>
void Mmad(const LocalTensor<C> &c, const LocalTensor<A> &a, const LocalTensor<B> &b,
          const MmadParams &params);

// ---------------------------------------------------------------------------------------- vectors

struct BinaryRepeatParams {
  BinaryRepeatParams(uint8_t dstBlkStride, uint8_t src0BlkStride, uint8_t src1BlkStride,
                     uint8_t dstRepStride, uint8_t src0RepStride, uint8_t src1RepStride);
  uint8_t dstBlk, src0Blk, src1Blk, dstRep, src0Rep, src1Rep;
};
struct UnaryRepeatParams {
  UnaryRepeatParams(uint16_t dstBlkStride, uint16_t srcBlkStride, uint8_t dstRepStride,
                    uint8_t srcRepStride);
  uint16_t dstBlk, srcBlk;
  uint8_t dstRep, srcRep;
};

#define BINARY(name)                                                                          \
  template <class T>                                                                          \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src0, const LocalTensor<T> &src1, \
            uint64_t mask, uint8_t repeat, const BinaryRepeatParams &params);
BINARY(Add)
BINARY(Sub)
BINARY(Mul)
BINARY(Div)
BINARY(Max)
BINARY(Min)
BINARY(And)
BINARY(Or)
#if __NPU_ARCH__ != 1001
BINARY(MulAddDst)
#endif
#undef BINARY

#define UNARY(name)                                                           \
  template <class T>                                                          \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, uint64_t mask, \
            uint8_t repeat, const UnaryRepeatParams &params);
UNARY(Exp)
UNARY(Ln)
UNARY(Abs)
UNARY(Not)
UNARY(Reciprocal)
UNARY(Sqrt)
UNARY(Rsqrt)
UNARY(Relu)
#undef UNARY

#define SCALAR(name)                                                                     \
  template <class T>                                                                     \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, T scalar, uint64_t mask, \
            uint8_t repeat, const UnaryRepeatParams &params);
SCALAR(Adds)
SCALAR(Muls)
SCALAR(Axpy)
#undef SCALAR

template <class T>
void Duplicate(const LocalTensor<T> &dst, T value, uint64_t mask, uint8_t repeat,
               uint16_t dstBlkStride, uint8_t dstRepStride);
template <class D, class T>
void Cast(const LocalTensor<D> &dst, const LocalTensor<T> &src, RoundMode mode, uint64_t mask,
          uint8_t repeat, const UnaryRepeatParams &params);
template <class T>
void Compare(const LocalTensor<uint8_t> &dst, const LocalTensor<T> &src0,
             const LocalTensor<T> &src1, CMPMODE mode, uint64_t mask, uint8_t repeat,
             const BinaryRepeatParams &params);
template <class T, class U>
void Select(const LocalTensor<T> &dst, const LocalTensor<U> &mask_of, const LocalTensor<T> &src0,
            const LocalTensor<T> &src1, SELMODE mode, uint64_t mask, uint8_t repeat,
            const BinaryRepeatParams &params);

#define WHOLE(name)                                                                              \
  template <class T>                                                                             \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, int32_t mask, int32_t repeat,  \
            int32_t dstRepStride, int32_t srcBlkStride, int32_t srcRepStride);
WHOLE(WholeReduceSum)
WHOLE(WholeReduceMax)
WHOLE(WholeReduceMin)
#undef WHOLE
#define BLOCKS(name)                                                                             \
  template <class T>                                                                             \
  void name(const LocalTensor<T> &dst, const LocalTensor<T> &src, int32_t repeat, int32_t mask,  \
            int32_t dstRepStride, int32_t srcBlkStride, int32_t srcRepStride);
BLOCKS(BlockReduceSum)
BLOCKS(BlockReduceMax)
BLOCKS(BlockReduceMin)
#undef BLOCKS

struct TransDataTo5HDParams {
  TransDataTo5HDParams(bool dstHighHalf, bool srcHighHalf, uint8_t repeatTimes,
                       uint16_t dstRepStride, uint16_t srcRepStride);
  uint8_t repeatTimes;
  uint16_t dstRepStride, srcRepStride;
};
template <class T>
void TransDataTo5HD(const LocalTensor<T> (&dst)[16], const LocalTensor<T> (&src)[16],
                    const TransDataTo5HDParams &params);

}  // namespace AscendC

#if defined(ASCENDC_MODEL)
#include "model.hpp"
#endif
