#include "CSampling.h"
#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

/* Compilers take half vectors of the newest processors unless asked. */
#if defined(__x86_64__)
#define WIDE __attribute__((min_vector_width(512)))
#else
#define WIDE
#endif

/* Points, or rows, that are taken together, so that a vector is loaded once for all of them. */
enum { GROUP = 4 };

/* One group of points: a vector of neurons at a time, then those that are left. */
INLINE void preactivations(size_t group, size_t neurons, size_t inputs, const double *x, const double *weights,
                           const double *bias, double *out) {
  size_t j = 0;
  for (; j + LANES <= neurons; j += LANES) {
    lanes sums[GROUP];
    for (size_t a = 0; a < group; a++) sums[a] = bias ? LOAD(bias + j) : (lanes)0;
    for (size_t k = 0; k < inputs; k++) {
      lanes w = LOAD(weights + k * neurons + j);
      for (size_t a = 0; a < group; a++) sums[a] += x[a * inputs + k] * w;
    }
    for (size_t a = 0; a < group; a++) *(stored_lanes *)(out + a * neurons + j) = sums[a];
  }
  for (; j < neurons; j++) {
    for (size_t a = 0; a < group; a++) {
      double sum = bias ? bias[j] : 0;
      for (size_t k = 0; k < inputs; k++) sum += x[a * inputs + k] * weights[k * neurons + j];
      out[a * neurons + j] = sum;
    }
  }
}

VECTORIZED WIDE void tile_preactivations(size_t points, size_t neurons, size_t inputs, const double *x,
                                    const double *weights, const double *bias, double *out) {
  size_t a = 0;
  for (; a + GROUP <= points; a += GROUP) {
    preactivations(GROUP, neurons, inputs, x + a * inputs, weights, bias, out + a * neurons);
  }
  for (; a < points; a++) preactivations(1, neurons, inputs, x + a * inputs, weights, bias, out + a * neurons);
}

VECTORIZED WIDE void tile_outputs(size_t points, size_t neurons, const double *features, const double *weights,
                             double *out) {
  for (size_t a = 0; a < points; a++) out[a] = dot(neurons, features + a * neurons, weights);
}

INLINE void columns(size_t group, size_t points, size_t neurons, size_t rows, const double *coefficients,
                    const double *tile, double *out) {
  size_t j = 0;
  for (; j + LANES <= neurons; j += LANES) {
    lanes sums[GROUP] = {0};
    for (size_t a = 0; a < points; a++) {
      lanes value = LOAD(tile + a * neurons + j);
      for (size_t r = 0; r < group; r++) sums[r] += coefficients[a * rows + r] * value;
    }
    for (size_t r = 0; r < group; r++) *(stored_lanes *)(out + r * neurons + j) = sums[r];
  }
  for (; j < neurons; j++) {
    for (size_t r = 0; r < group; r++) {
      double sum = 0;
      for (size_t a = 0; a < points; a++) sum += coefficients[a * rows + r] * tile[a * neurons + j];
      out[r * neurons + j] = sum;
    }
  }
}

VECTORIZED WIDE void tile_columns(size_t points, size_t neurons, size_t rows, const double *coefficients,
                             const double *tile, double *out) {
  size_t r = 0;
  for (; r + GROUP <= rows; r += GROUP) {
    columns(GROUP, points, neurons, rows, coefficients + r, tile, out + r * neurons);
  }
  if (r + 2 <= rows) {
    columns(2, points, neurons, rows, coefficients + r, tile, out + r * neurons);
    r += 2;
  }
  if (r < rows) columns(1, points, neurons, rows, coefficients + r, tile, out + r * neurons);
}

typedef double row8 __attribute__((ext_vector_type(8)));
typedef double stored_row8 __attribute__((ext_vector_type(8), aligned(8)));

/* The transpose of eight rows in registers: pairs, then quadruples, then halves change places. */
INLINE void transpose8(row8 *r) {
  for (int i = 0; i < 8; i += 2) {
    row8 a = r[i], b = r[i + 1];
    r[i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
    r[i + 1] = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += (i & 1) ? 3 : 1) {
    row8 a = r[i], b = r[i + 2];
    r[i] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
    r[i + 2] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    row8 a = r[i], b = r[i + 4];
    r[i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/* The first column of the next square of eight columns; the last square overlaps the one before. */
INLINE size_t next_square(size_t k, size_t columns) { return k + 8 < columns && k + 16 > columns ? columns - 8 : k + 8; }

VECTORIZED WIDE void tile_transpose(size_t rows, size_t columns, const double *x, double *out) {
  size_t j = 0;
  if (columns >= 8) {
    for (; j + 8 <= rows; j += 8) {
      for (size_t k = 0; k < columns; k = next_square(k, columns)) {
        row8 r[8];
        for (int i = 0; i < 8; i++) r[i] = *(const stored_row8 *)(x + (j + i) * columns + k);
        transpose8(r);
        for (int i = 0; i < 8; i++) *(stored_row8 *)(out + (k + i) * rows + j) = r[i];
      }
    }
  }
  for (; j < rows; j++) {
    for (size_t k = 0; k < columns; k++) out[k * rows + j] = x[j * columns + k];
  }
}

VECTORIZED WIDE void tile_scatter(size_t neurons, size_t inputs, double factor, const double *weights, const double *sums,
                             double *out) {
  size_t j = 0;
  if (inputs == 1) {
    ELEMENTWISE
    for (; j < neurons; j++) out[j] = factor * weights[j] * sums[j];
  } else if (inputs >= 8) {
    for (; j + 8 <= neurons; j += 8) {
      row8 w = factor * *(const stored_row8 *)(weights + j);
      for (size_t k = 0; k < inputs; k = next_square(k, inputs)) {
        row8 r[8];
        for (int i = 0; i < 8; i++) r[i] = w * *(const stored_row8 *)(sums + (k + i) * neurons + j);
        transpose8(r);
        for (int i = 0; i < 8; i++) *(stored_row8 *)(out + (j + i) * inputs + k) = r[i];
      }
    }
  }
  for (; j < neurons; j++) {
    for (size_t k = 0; k < inputs; k++) out[j * inputs + k] = factor * weights[j] * sums[k * neurons + j];
  }
}
