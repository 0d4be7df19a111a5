// RUN: akg-opt %S/../../../examples/paper_running_example.mlir --print-between-passes \
// RUN:   -p 'poly-raise,poly-schedule,poly-tile{policy="S_4: 32@UB, 32@UB"},poly-fuse,poly-assign-units,poly-promote,poly-verify' \
// RUN:   | filecheck %s
// RUN: not akg-opt %S/../../../examples/paper_running_example.mlir \
// RUN:   -p 'poly-raise,poly-schedule,poly-tile{policy="S_4: 32@UB, 32@UB"},poly-fuse,poly-assign-units,poly-promote,poly-verify,npu-generate' 2>&1 \
// RUN:   | filecheck %s --check-prefix=NPU

// The running example of the AKG paper at every stage. One intermediate and one live-out space:
// CHECK-LABEL: IR after poly-schedule:
// CHECK:       poly.sequence {
// CHECK-NEXT:    poly.filter "{ S0[h, w] }" {
// CHECK-NEXT:      poly.band "[{ S0[h, w] -> [(h)] }, { S0[h, w] -> [(w)] }]" permutable coincident [1, 1] {
// CHECK-NEXT:      }
// CHECK-NEXT:    }
// CHECK-NEXT:    poly.filter
// CHECK-SAME:      S1[h, w]
// CHECK-NEXT:      poly.band {{.*}} permutable coincident [1, 1] {
// CHECK-NEXT:        poly.sequence {
// CHECK-NEXT:          poly.filter "{ S1[h, w] }" {
// CHECK-NEXT:          }
// CHECK-NEXT:          poly.filter "{ S2[h, w, kh, kw] }" {
// CHECK-NEXT:            poly.band "[{ S2[h, w, kh, kw] -> [(kh)] }, { S2[h, w, kh, kw] -> [(kw)] }]" permutable coincident [0, 0] {
// CHECK:               poly.filter "{ S3[h, w] }" {
// CHECK:               poly.filter "{ S4[h, w] }" {

// The live-out space is tiled, the intermediate one is not:
// CHECK-LABEL: IR after poly-tile
// CHECK:       poly.filter "{ S0[h, w] }" {
// CHECK-NEXT:    poly.band "[{ S0[h, w] -> [(h)] }, { S0[h, w] -> [(w)] }]" permutable coincident [1, 1] {
// CHECK:       poly.filter
// CHECK-NEXT:    poly.band {{.*}}S1[h, w] -> [(floor((h)/32))]{{.*}} permutable coincident [1, 1] tile [32, 32] {
// CHECK-NEXT:      poly.band {{.*}}S1[h, w] -> [(h)]{{.*}} permutable coincident [1, 1] {

// It is pulled into the tiles; its update in place goes to storage of the tile:
// CHECK-LABEL: IR after poly-fuse:
// CHECK:       %A_t = memref.alloc() : memref<70x70xf16>
// CHECK:       poly.stmt @S0_t(%t0, %t1, {{.*}} clone_of @S0 {
// CHECK-NEXT:    affine.load %A[
// CHECK:         affine.store {{.*}}, %A_t[
// CHECK:       poly.stmt @S2_t({{.*}} reduction "add" clone_of @S2 {
// CHECK:         affine.load %A_t[{{.*}} + {{.*}}, {{.*}} + {{.*}}] : memref<70x70xf16>
// CHECK:       poly.domain
// CHECK-NOT:     S0[
// CHECK:         poly.band {{.*}} tile [32, 32] {
// CHECK-NEXT:      poly.extension "{ [i0, i1] -> S0_t[i0, i1, i2, i3] : {{.*}}i2 <= 33 + 32i0{{.*}}i3 <= 33 + 32i1 }" {
// CHECK-NEXT:        poly.sequence {
// CHECK-NEXT:          poly.filter "{ S0_t[t0, t1, h, w] }" {
// CHECK-NEXT:            poly.band {{.*}} permutable coincident [1, 1] {
// CHECK-NEXT:            }
// CHECK-NEXT:          }
// CHECK-NEXT:          poly.filter
// CHECK-SAME:            S2_t[h, w, kh, kw]
// CHECK-NEXT:            poly.band

// The tile is forked into vector and cube groups:
// CHECK-LABEL: IR after poly-assign-units:
// CHECK:       poly.extension
// CHECK-NEXT:    poly.sequence {
// CHECK-NEXT:      poly.filter "{ S0_t[t0, t1, h, w] }" {
// CHECK-NEXT:        poly.mark "npu.vector" {
// CHECK:           poly.filter
// CHECK-SAME:        S2_t[h, w, kh, kw]
// CHECK-NEXT:        poly.mark "npu.cube" {
// CHECK-NEXT:          poly.sequence {
// CHECK-NEXT:            poly.filter "{ S1[h, w] }" {
// CHECK:                 poly.filter "{ S2_t[h, w, kh, kw] }" {
// CHECK:           poly.filter "{ S3[h, w] }" {
// CHECK-NEXT:        poly.mark "npu.vector" {
// CHECK:           poly.filter "{ S4[h, w] }" {
// CHECK-NEXT:        poly.mark "npu.vector" {

// What S0 makes in UB reaches the cube through L1:
// CHECK-LABEL: IR after poly-promote:
// CHECK-DAG:   %A_ub = npu.buffer {{.*}} : memref<34x48xf16, #npu<space ub>>
// CHECK-DAG:   %A_t_ub = npu.buffer {{.*}} : memref<34x48xf16, #npu<space ub>>
// CHECK-DAG:   %A_t_l1 = npu.buffer {{.*}} : memref<34x34x16xf16, #npu<space l1>>
// CHECK:       poly.stmt @in_A_t_l1({{.*}} copy {
// CHECK-NEXT:    affine.load %A_t_ub
// CHECK-NEXT:    affine.store {{.*}}, %A_t_l1
// CHECK:       poly.filter "{ S0_t[
// CHECK:       poly.filter "{ in_A_t_l1[
// CHECK:       poly.filter "{ in_A_t_l0a[
// CHECK:         poly.mark "npu.cube" {
// CHECK:       poly.filter "{ out_C_l0c[
// CHECK:       poly.filter "{ S3_t[
// CHECK:       poly.filter "{ S4_t[
// CHECK:       poly.filter "{ out_C[

// CHECK-LABEL: IR after poly-verify:
// CHECK:       poly.scop policy "S4: 32@UB, 32@UB" proved

// NPU: error: {{.*}}@S2_t on the cube reads windows of an image: loads by img2col cannot be generated
