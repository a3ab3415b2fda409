/* What the loops of this module share. */
#ifndef INFINITEWIDTH_VECTORS_H
#define INFINITEWIDTH_VECTORS_H

#include <string.h>

/* Before the first product: what stands here must round alike on every processor, too. */
#pragma STDC FP_CONTRACT OFF

/* One body, compiled for several generations of x86 vectors, chosen when the program is loaded. Elsewhere the compiler
   takes what the architecture has. The thread sanitizer instruments the choice, which is made before it has started. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IS_WATCHED 1
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(IS_WATCHED)
#define VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORIZED
#endif

#define INLINE static inline __attribute__((always_inline))

/* Before a loop whose output may be one of its inputs: an element depends on no other. */
#define ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

/* Sixteen interleaved partial sums: their order is fixed, so every processor rounds alike. */
enum { LANES = 16 };
typedef double lanes __attribute__((ext_vector_type(LANES)));
typedef double stored_lanes __attribute__((ext_vector_type(LANES), aligned(8)));

#define LOAD(x) (*(const stored_lanes *)(x))

/* By reference: vectors wider than those of the oldest processor have no calling convention of their own. */
INLINE double total(const lanes *sums) {
  double folded[LANES];
  memcpy(folded, sums, sizeof folded);
  for (int width = LANES / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; lane++) folded[lane] += folded[lane + width];
  }
  return folded[0];
}

INLINE double dot(size_t count, const double *a, const double *b) {
  lanes sums = 0;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) sums += LOAD(a + i) * LOAD(b + i);
  double rest = 0;
  for (; i < count; i++) rest += a[i] * b[i];
  return total(&sums) + rest;
}

#endif
