// The running example of the AKG paper (Zhao et al., PLDI 2021, figure 3): bias, a 3x3
// convolution, absolute value and ReLU on an image of 70x70. S0 adds the bias to A in place; A is
// no result.
builtin.module attributes {npu.target = "ascend910"} {
  func.func @running_example(%A: memref<70x70xf16> {poly.dead_out}, %bias: memref<1xf16>,
                             %B: memref<3x3xf16>, %C: memref<68x68xf16>) attributes {npu.kernel} {
    affine.for %h = 0 to 70 {
      affine.for %w = 0 to 70 {
        %a = affine.load %A[%h, %w] : memref<70x70xf16>
        %b = affine.load %bias[0] : memref<1xf16>
        %s = arith.addf %a, %b : f16
        affine.store %s, %A[%h, %w] : memref<70x70xf16>
      }
    }
    affine.for %h = 0 to 68 {
      affine.for %w = 0 to 68 {
        %zero = arith.constant 0.0 : f16
        affine.store %zero, %C[%h, %w] : memref<68x68xf16>
        affine.for %kh = 0 to 3 {
          affine.for %kw = 0 to 3 {
            %c = affine.load %C[%h, %w] : memref<68x68xf16>
            %a = affine.load %A[%h + %kh, %w + %kw] : memref<70x70xf16>
            %b = affine.load %B[%kh, %kw] : memref<3x3xf16>
            %p = arith.mulf %a, %b : f16
            %s = arith.addf %c, %p : f16
            affine.store %s, %C[%h, %w] : memref<68x68xf16>
          }
        } {poly.reduction = "add"}
      }
    }
    affine.for %h = 0 to 68 {
      affine.for %w = 0 to 68 {
        %c = affine.load %C[%h, %w] : memref<68x68xf16>
        %a = math.absf %c : f16
        affine.store %a, %C[%h, %w] : memref<68x68xf16>
      }
    }
    affine.for %h = 0 to 68 {
      affine.for %w = 0 to 68 {
        %zero = arith.constant 0.0 : f16
        %c = affine.load %C[%h, %w] : memref<68x68xf16>
        %r = arith.maximumf %c, %zero : f16
        affine.store %r, %C[%h, %w] : memref<68x68xf16>
      }
    }
    func.return
  }
}
