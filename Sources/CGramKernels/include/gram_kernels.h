#ifndef INFINITEWIDTH_GRAM_KERNELS_H
#define INFINITEWIDTH_GRAM_KERNELS_H

#include <stddef.h>

/* One row of a block of pairs (i, j), j running: the vector loops of the layers' recursion.

   The state of a pair is (1 - rho, 1 + rho), both to full relative accuracy where that matters, and the NTK so far.
   Arrays hold `count` elements; every loop runs over whole vectors, so arrays must be readable and writable up to
   the next multiple of 8. Per-input quantities of the row are scalars, those of the columns arrays. On x86-64 each
   loop is compiled for AVX-512, AVX2 and the baseline, and the machine chooses; elsewhere it is compiled once. */

#define GRAM_LANES 8

/* The state of the pairs of one row. */
typedef struct {
  size_t count;
  double *gap;   /* 1 - rho */
  double *sum;   /* 1 + rho */
  double *slope; /* receives E[phi' phi'] */
} gram_row;

/* rho = dot / (|x_i| |x_j|) and its complements; returns how many pairs have 1 - |rho| below `limit`. */
size_t gram_correlate(const gram_row *row, const double *dot, double inverse, const double *inverses, double limit);

/* Adds an independent Gaussian part common to all inputs, the bias: with unit vectors (l, w),
     1 -+ rho' = l l' (1 -+ rho) + ((l - l')^2 + (w -+ w')^2) / 2. */
void gram_mix(const gram_row *row, double length, double weight, const double *lengths, const double *weights);

/* theta <- pass * slope * theta + own * f f' rho + bias; `gradients` replaces f f' rho where it is not null. */
void gram_accumulate(
    const gram_row *row, double *theta, double pass, double own, double bias, double scale, const double *scales,
    const double *gradients);

/* The same before a slope: theta <- own * f f' rho + bias. */
void gram_start(const gram_row *row, double *theta, double own, double bias, double scale, const double *scales);

/* out = gain * f f' rho + bias. */
void gram_finish(const gram_row *row, double *out, double gain, double bias, double scale, const double *scales);

/* phi(z) = m z + k |z|: F ~ m^2 rho + k^2 A(rho), h = m^2 + k^2 (2/pi) asin rho. */
void gram_bilinear(const gram_row *row, double linear_square, double even_square);

/* phi(z) = m + k sign z: F ~ m^2 + k^2 (2/pi) asin rho, h = 0. */
void gram_jump(const gram_row *row, double mean_square, double jump_square);

/* Functions whose duals are elementary in y = r r' rho, r^2 = x / (1 + x), e^2 = 1 / (1 + x), x a multiple of q. */
typedef struct {
  double r, e, norm;
  const double *rs, *es, *norms; /* norm: 1 / sqrt(F(q, q)) up to the function's own constant */
} gram_tilt;

/* erf(a z), x = 2 a^2 q, norm = 1 / sqrt(asin(r^2)); slope_factor = 4 a^2 / pi. */
void gram_erf(const gram_row *row, const gram_tilt *tilt, double slope_factor);

/* z Phi(z), x = q, norm = sigma / sqrt(F(q, q)). */
void gram_gelu(const gram_row *row, const gram_tilt *tilt);

/* e^{-b z^2}, x = 2 b q, norm = e / sqrt(F(q, q)); slope_factor = 2 b. */
void gram_gaussian(const gram_row *row, const gram_tilt *tilt, double slope_factor);

/* sin(w z) (odd != 0) or cos(w z), with deviations w sigma. */
void gram_wave(
    const gram_row *row, int odd, double frequency_square, double deviation, const double *deviations, double norm,
    const double *norms);

/* e^{w z}: rho' = exp(-w^2 Var(u - v) / 2); scales are sqrt(F(q, q)). */
void gram_exponential(
    const gram_row *row, double rate_square, double deviation, const double *deviations, double scale,
    const double *scales);

/* A Mehler series with normalized coefficients: part n of coefficient k of column j at (k * inner + n) * stride + j.
     F ~ sum_k (sum_n a_kn a'_kn) rho^k, h = F' f f' / (sigma sigma').
   step 1: all powers, ascending from 0; step 2: rho, rho^3, ... (first = 1) or 1, rho^2, ... (first = 0).
   With accurate != 0, 1 -+ rho' keep their relative accuracy where 1 -+ rho are small. */
void gram_mehler(
    const gram_row *row, int step, int first, size_t terms, size_t inner, const double *coefficients, const double *columns,
    size_t stride, double slope, const double *slopes, int accurate);

/* A function on [0, pi] of the angle between the preactivations, as Chebyshev series in t = 2 theta / pi - 1:
     1 - rho' = (1 - rho) D(t), h = H(t) times the scales of the two inputs. */
void gram_angular(
    const gram_row *row, size_t terms, const double *defect, size_t slope_terms, const double *slope, double scale,
    const double *scales);

/* A part, even or odd, of a smoothed function: on each interval in u, row j of `table` holds the coefficients of T_j in u,
   one for each Chebyshev polynomial in t; rows have `stride` elements, a multiple of 8, intervals `degree` rows. */
typedef struct {
  size_t terms, stride, degree; /* no terms: the part is 0 */
  const double *table;
} gram_series;

/* S(m, s) = E f(m + s Z), with u = 1 / sqrt(1 + (s/c)^2), y = u m / c, t = y / sqrt(L^2 + y^2). */
typedef struct {
  gram_series even, odd;
  int growth; /* 1 where S is the series times sqrt(L^2 + y^2) c / u, 0 where it is the series, -1 where it is that times u */
  int even_samples, odd_samples; /* which array of an input's samples belongs to which part */
} gram_smoothed;

/* The most terms of a series, and the most nodes of a quadrature. */
#define GRAM_TERMS 56
#define GRAM_NODES 512

typedef struct {
  double scale, length; /* c, L */
  const double *ends;   /* of the intervals in u */
  size_t intervals;
  gram_smoothed value, slope;
  size_t segments;              /* integrals over x >= 0 */
  const double *shifts, *signs; /* of each: S is taken at shift + sign rho sigma x */
  size_t arrays;                /* of samples in each */
} gram_conditional;

/* E[phi(u) phi(v)] and, if asked for, E[phi'(u) phi'(v)]: the samples, `count` in each array of each segment, are those of the
   input of smaller variance at the nodes, with their weights; `deviation` is that of the other, `spread` its conditional
   one. `count` is a multiple of 8, at most GRAM_NODES. */
void gram_conditional_means(
    const gram_conditional *dual, size_t count, const double *nodes, const double *samples, double deviation, double rho,
    double spread, double *value, double *slope);

/* r = y - t x by fused multiply-adds, then |r|^2 and r.x. */
void gram_residual(
    size_t count, const double *x, const double *y, double t, double *residual_square, double *residual_dot);

/* out[j * stride_out + i] = in[i * stride_in + j]. */
void gram_transpose(
    size_t rows, size_t columns, const double *in, size_t stride_in, double *out, size_t stride_out);

/* One pair, in scalars. */
enum {
  GRAM_BILINEAR, /* first, second: the squares of m and k */
  GRAM_JUMP,     /* the same */
  GRAM_ERF,      /* first: scale */
  GRAM_GELU,
  GRAM_GAUSSIAN, /* first: height, second: rate */
  GRAM_SINE,     /* first: amplitude, second: frequency */
  GRAM_COSINE,
  GRAM_EXPONENTIAL
};

typedef struct {
  int kind;
  double first, second;
  double linear, even; /* first and second over their sum, of GRAM_BILINEAR and GRAM_JUMP */
  double gain, bias_variance; /* q = gain F + bias_variance */
  double own, bias;           /* the layer's own terms of the NTK */
  double limit;               /* 1 - |rho| below which the closed form is not trusted with the angle */
} gram_pair_layer;

typedef struct {
  size_t dimension, count;
  const gram_pair_layer *layers;
  double nearly_parallel;
  double readout_gain, readout_bias, readout_pass, readout_own, readout_bias_own;
} gram_pair_program;

typedef struct {
  double nngp, ntk, gap, nngp_error, ntk_error;
} gram_pair_result;

/* The kernels of x and y; 0 where the closed forms are no good. */
int gram_pair(const gram_pair_program *program, const double *x, const double *y, gram_pair_result *result);

/* Elementary functions of the loops, for measuring their accuracy. */
void gram_test_asin(size_t count, const double *x, double *out);
void gram_test_exp(size_t count, const double *x, double *out);

#endif
