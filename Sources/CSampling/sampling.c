#include "CSampling.h"
#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

static inline double as_double(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint64_t as_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* The two words of one block. The four counter words stand in 64-bit variables whose upper half is zero, so that a
   product of two of them is one vector instruction. */
INLINE void philox(struct sampling_position p, uint64_t block, uint64_t *low, uint64_t *high) {
  const uint64_t mask = 0xFFFFFFFFu;
  uint64_t c0 = block & mask, c1 = block >> 32, c2 = p.stream0, c3 = p.stream1;
  uint32_t k0 = p.key0, k1 = p.key1;
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    uint64_t product0 = c0 * 0xD2511F53u, product1 = c2 * 0xCD9E8D57u;
    c0 = (product1 >> 32) ^ c1 ^ k0;
    c1 = product1 & mask;
    c2 = (product0 >> 32) ^ c3 ^ k1;
    c3 = product0 & mask;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  *low = c1 << 32 | c0;
  *high = c3 << 32 | c2;
}

/* (k + 1/2) 2^-52 with k the upper 52 bits, without a conversion of integers; every step is exact. */
INLINE double uniform(uint64_t word) { return (as_double(word >> 12 | 0x3FF0000000000000u) - 1.0) + 0x1p-53; }

VECTORIZED void sampling_fill_uniforms(struct sampling_position position, size_t blocks, double *out) {
  for (size_t i = 0; i < blocks; i++) {
    uint64_t low, high;
    philox(position, position.block + i, &low, &high);
    out[2 * i] = uniform(low);
    out[2 * i + 1] = uniform(high);
  }
}

/* log u for u in (0, 1), normal: u = 2^k m with m in [sqrt(1/2), sqrt 2), then 2 atanh((m - 1)/(m + 1)) as a polynomial.
   Coefficients of the FreeBSD libm (e_log.c, Sun Microsystems 1993); the error is below one unit in the last place. */
INLINE double logarithm(double u) {
  const uint64_t half_root = 0x3FE6A09E667F3BCDu;
  uint64_t shifted = as_bits(u) + (0x3FF0000000000000u - half_root);
  double k = (as_double(0x4330000000000000u | shifted >> 52) - 0x1p52) - 1023.0;
  double f = as_double((shifted & 0x000FFFFFFFFFFFFFu) + half_root) - 1.0;
  double s = f / (2.0 + f);
  double z = s * s, w = z * z;
  double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double odd = z * (6.666666666666735130e-01 +
                    w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  double square = 0.5 * f * f;
  double tail = s * (square + (odd + even)) + k * 1.90821492927058770002e-10;
  return k * 6.93147180369123816490e-01 - ((square - tail) - f);
}

/* sqrt(-2 log u) (cos, sin)(2 pi v). The angle is reduced to a quarter turn exactly, as 4v is a multiple of 2^-51; sine
   and cosine of at most pi/4 by the polynomials of the FreeBSD libm (k_sin.c, k_cos.c, Sun Microsystems 1993). */
INLINE void normal_pair(uint64_t low, uint64_t high, double *first, double *second) {
  double radius = __builtin_elementwise_sqrt(-2.0 * logarithm(uniform(low)));
  double turns = 4.0 * uniform(high);
  double magic = turns + 0x1.8p52;
  uint64_t quarter = as_bits(magic);
  double x = (turns - (magic - 0x1.8p52)) * 1.57079632679489661923;
  double z = x * x;
  double sine =
      x + x * z *
              (-1.66666666666666324348e-01 +
               z * (8.33333333332248946124e-03 +
                    z * (-1.98412698298579493134e-04 +
                         z * (2.75573137070700676789e-06 +
                              z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
  double half = 0.5 * z;
  double lead = 1.0 - half;
  double cosine =
      lead + (((1.0 - lead) - half) +
              z * z *
                  (4.16666666666666019037e-02 +
                   z * (-1.38888888888741095749e-03 +
                        z * (2.48015872894767294178e-05 +
                             z * (-2.75573143513906633035e-07 +
                                  z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))))));
  /* After an odd number of quarter turns sine and cosine change places; the signs follow from the next bit. */
  uint64_t swap = 0 - (quarter & 1);
  uint64_t a = as_bits(cosine), b = as_bits(sine);
  uint64_t c = (a & ~swap) | (b & swap), s = (b & ~swap) | (a & swap);
  c ^= ((quarter + 1) & 2) << 62;
  s ^= (quarter & 2) << 62;
  *first = radius * as_double(c);
  *second = radius * as_double(s);
}

VECTORIZED void sampling_fill_normals(struct sampling_position position, size_t blocks, double *out) {
  for (size_t i = 0; i < blocks; i++) {
    uint64_t low, high;
    philox(position, position.block + i, &low, &high);
    normal_pair(low, high, &out[2 * i], &out[2 * i + 1]);
  }
}

void sampling_normal_pair(uint64_t low, uint64_t high, double *first, double *second) {
  normal_pair(low, high, first, second);
}

VECTORIZED void sampling_affine(size_t count, double offset, double scale, const double *x, double *out) {
  ELEMENTWISE
  for (size_t i = 0; i < count; i++) out[i] = offset + scale * x[i];
}

VECTORIZED void sampling_add_scaled(size_t count, double scale, const double *x, double *out) {
  for (size_t i = 0; i < count; i++) out[i] += scale * x[i];
}

VECTORIZED void sampling_multiply(size_t count, const double *a, const double *b, double *out) {
  ELEMENTWISE
  for (size_t i = 0; i < count; i++) out[i] = a[i] * b[i];
}

INLINE double monomial(double coefficient, int degree, double x) {
  double value = coefficient;
  for (int power = 0; power < degree; power++) value *= x;
  return value;
}

/* A loop for each degree: the body of a vector loop has no branch. */
VECTORIZED void sampling_monomial(size_t count, double coefficient, int degree, const double *x, double *out) {
  switch (degree) {
  case 0:
    ELEMENTWISE
    for (size_t i = 0; i < count; i++) out[i] = coefficient;
    break;
  case 1:
    ELEMENTWISE
    for (size_t i = 0; i < count; i++) out[i] = coefficient * x[i];
    break;
  case 2:
    ELEMENTWISE
    for (size_t i = 0; i < count; i++) out[i] = coefficient * x[i] * x[i];
    break;
  default:
    for (size_t i = 0; i < count; i++) out[i] = monomial(coefficient, degree, x[i]);
  }
}

VECTORIZED void sampling_half_lines(size_t count, double left, int left_degree, double center, double right,
                                    int right_degree, const double *x, double *out) {
  if (left_degree > 1 || right_degree > 1) {
    for (size_t i = 0; i < count; i++) {
      double above = monomial(right, right_degree, x[i]), below = monomial(left, left_degree, x[i]);
      out[i] = x[i] > 0 ? above : x[i] < 0 ? below : center;
    }
    return;
  }
  ELEMENTWISE
  for (size_t i = 0; i < count; i++) {
    double above = right_degree ? right * x[i] : right, below = left_degree ? left * x[i] : left;
    out[i] = x[i] > 0 ? above : x[i] < 0 ? below : center;
  }
}

VECTORIZED int sampling_has_nan(size_t count, const double *x) {
  uint64_t found = 0;
  for (size_t i = 0; i < count; i++) found |= x[i] != x[i];
  return found != 0;
}

VECTORIZED double sampling_sum(size_t count, const double *x) {
  lanes sums = 0;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) sums += LOAD(x + i);
  double rest = 0;
  for (; i < count; i++) rest += x[i];
  return total(&sums) + rest;
}

VECTORIZED double sampling_dot(size_t count, const double *a, const double *b) { return dot(count, a, b); }

VECTORIZED void sampling_add_gram(size_t rows, size_t count, const double *a, size_t stride, double *sums) {
  size_t pair = 0;
  for (size_t first = 0; first < rows; first++) {
    for (size_t second = first; second < rows; second++) {
      sums[pair++] += dot(count, a + first * stride, a + second * stride);
    }
  }
}
