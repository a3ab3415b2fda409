#ifndef INFINITEWIDTH_CSAMPLING_H
#define INFINITEWIDTH_CSAMPLING_H

#include <stddef.h>
#include <stdint.h>

#include "tiles.h"

/* Random numbers in bulk and sums over blocks of neurons: the loops that must be vectors.

   The random numbers use IEEE addition, multiplication, division and square root only, never contracted to a fused
   operation: they are the same bits on every processor, whatever vectors it has. */

/* Which numbers of Philox 4x32-10: the key, the upper half of the counter, and the first of the blocks. */
struct sampling_position {
  uint32_t key0, key1, stream0, stream1;
  uint64_t block;
};

/* Two uniform numbers in (0, 1) from each of `blocks` counter blocks: midpoints of 2^52 equal cells. */
void sampling_fill_uniforms(struct sampling_position position, size_t blocks, double *out);

/* Two standard Gaussian numbers from each of `blocks` counter blocks, by the method of Box and Muller. */
void sampling_fill_normals(struct sampling_position position, size_t blocks, double *out);

/* The pair of Gaussian numbers that the two 64-bit words of one block give. */
void sampling_normal_pair(uint64_t low, uint64_t high, double *first, double *second);

/* out[i] = offset + scale * x[i] */
void sampling_affine(size_t count, double offset, double scale, const double *x, double *out);

/* out[i] += scale * x[i] */
void sampling_add_scaled(size_t count, double scale, const double *x, double *out);

/* out[i] = a[i] * b[i] */
void sampling_multiply(size_t count, const double *a, const double *b, double *out);

/* out[i] = coefficient * x[i]^degree */
void sampling_monomial(size_t count, double coefficient, int degree, const double *x, double *out);

/* Two monomials that meet at 0: left * x^left_degree below, right * x^right_degree above, `center` at 0. */
void sampling_half_lines(size_t count, double left, int left_degree, double center, double right, int right_degree,
                         const double *x, double *out);

/* Whether one of x[i] is not a number. */
int sampling_has_nan(size_t count, const double *x);

/* The sum of x[i], in a fixed order. */
double sampling_sum(size_t count, const double *x);

/* The sum of a[i] b[i], in the same order. */
double sampling_dot(size_t count, const double *a, const double *b);

/* Adds to `sums` the products of all pairs of the rows of `a` (rows x count, `stride` apart): (0,0), (0,1), ..., (1,1),
   ..., each summed in a fixed order. */
void sampling_add_gram(size_t rows, size_t count, const double *a, size_t stride, double *sums);

#endif
