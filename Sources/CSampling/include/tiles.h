#ifndef INFINITEWIDTH_TILES_H
#define INFINITEWIDTH_TILES_H

#include <stddef.h>

/* One hidden layer on a tile: a block of its neurons at all points, or at some of them.

   The products are of a few points with a few inputs, where OpenBLAS spends more on its call than on the work: with dgemm
   in their place an evaluation of ten inputs takes 1.7 to 1.9 times as long.

   A tile is points x neurons, the neurons of a point together. All sums have a fixed order and are never contracted to
   fused operations: they are the same bits on every processor. */

/* out[a][j] = bias[j] + sum over k of x[a][k] weights[k][j]; `bias` may be NULL. */
void tile_preactivations(size_t points, size_t neurons, size_t inputs, const double *x, const double *weights,
                         const double *bias, double *out);

/* out[a] = sum over j of features[a][j] weights[j] */
void tile_outputs(size_t points, size_t neurons, const double *features, const double *weights, double *out);

/* out[r][j] = sum over a of coefficients[a][r] tile[a][j], for `rows` values of r */
void tile_columns(size_t points, size_t neurons, size_t rows, const double *coefficients, const double *tile,
                  double *out);

/* out[k][j] = x[j][k] */
void tile_transpose(size_t rows, size_t columns, const double *x, double *out);

/* out[j][k] = factor weights[j] sums[k][j] */
void tile_scatter(size_t neurons, size_t inputs, double factor, const double *weights, const double *sums,
                  double *out);

#endif
