#ifndef INFINITEWIDTH_GRAM_VECTOR_H
#define INFINITEWIDTH_GRAM_VECTOR_H

/* Eight doubles: one register of AVX-512, two of AVX2, four of the baseline. */
typedef double v8 __attribute__((ext_vector_type(8)));
typedef int64_t m8 __attribute__((ext_vector_type(8)));

/* Vectors are passed between functions that are always inlined, so how a register would pass them does not matter. */
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline))

/* Products and sums fuse where the machine has the instruction. */
#pragma STDC FP_CONTRACT ON

INLINE v8 load(const double *p) {
  v8 v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void store(double *p, v8 v) { memcpy(p, &v, sizeof v); }
INLINE v8 all(double x) { return (v8)(x); }
INLINE v8 root(v8 x) { return __builtin_elementwise_sqrt(x); }
INLINE v8 magnitude(v8 x) { return __builtin_elementwise_abs(x); }
INLINE v8 larger(v8 a, v8 b) { return a > b ? a : b; }
INLINE v8 smaller(v8 a, v8 b) { return a < b ? a : b; }

static const double half_pi = 1.57079632679489661923;
static const double two_over_pi = 0.63661977236758134308;
static const double inverse_two_pi = 0.15915494309189533577;

/* asin x for 0 <= x <= 1/2, t = x^2: x + x t R(t). R interpolates (asin x - x) / x^3 at Chebyshev nodes of [0, 1/4];
   its relative error there is 8e-17, that of asin 4e-18 (mpmath, 40 digits). */
INLINE v8 short_asin(v8 x, v8 t) {
  v8 p = all(0x1.d72b2bc82217dp-6);
  p = p * t + -0x1.e6aaa8a0c7f26p-7;
  p = p * t + 0x1.1d1894083ee60p-6;
  p = p * t + 0x1.65a9c4dfb9fd4p-8;
  p = p * t + 0x1.52420b04b6379p-7;
  p = p * t + 0x1.782651caa5ddfp-7;
  p = p * t + 0x1.c9cf076747444p-7;
  p = p * t + 0x1.1c4d35cf95419p-6;
  p = p * t + 0x1.6e8bb1c8209a2p-6;
  p = p * t + 0x1.f1c71c1db0623p-6;
  p = p * t + 0x1.6db6db6e31f13p-5;
  p = p * t + 0x1.3333333332ecap-4;
  p = p * t + 0x1.5555555555556p-3;
  return x + x * (t * p);
}

/* acos r for 0 <= r <= 1 with eta = 1 - r given to full relative accuracy: 2 asin(sqrt(eta / 2)) or pi/2 - asin r. */
INLINE v8 angle(v8 eta, v8 r) {
  m8 wide = eta > 0.5;
  v8 half = 0.5 * eta;
  v8 t = wide ? r * r : half;
  v8 x = wide ? r : root(half);
  v8 arc = short_asin(x, t);
  return wide ? half_pi - arc : 2.0 * arc;
}

/* sin a - a cos a for 0 <= a <= pi/2: a^3 P(a^2) below pi/3, where the difference would cancel. P interpolates at
   Chebyshev nodes of a^2 in [0, 1.1]; its relative error is 4e-20. */
INLINE v8 segment(v8 a, v8 sine, v8 cosine) {
  v8 s = a * a;
  v8 p = all(-0x1.8f5985225462fp-45);
  p = p * s + 0x1.78a4f39f54b28p-37;
  p = p * s + -0x1.08db3f43ae738p-29;
  p = p * s + 0x1.0cfeb605a0d01p-22;
  p = p * s + -0x1.71de3a55614ebp-16;
  p = p * s + 0x1.38138138137b1p-10;
  p = p * s + -0x1.1111111111111p-5;
  p = p * s + 0x1.5555555555555p-2;
  return s < 1.09 ? a * s * p : sine - a * cosine;
}

/* e^x - 1 = 2^n (1 + p) - 1 for x <= 700, with x = n ln 2 + r, |r| <= 0.35, and p = e^r - 1 by the Taylor polynomial of
   degree 13, whose remainder is below 1e-17. Below -708 both factors are taken for 0. */
typedef struct {
  v8 power, p;
} split_exponential;

INLINE split_exponential exponential_parts(v8 x) {
  v8 bounded = larger(smaller(x, all(709.0)), all(-708.0));
  v8 n = __builtin_elementwise_rint(bounded * 1.44269504088896340736);
  v8 r = bounded - n * 0x1.62e42fefa0000p-1;
  r = r - n * 0x1.cf79abc9e3b39p-40;
  v8 p = all(1.0 / 6227020800.0);
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  split_exponential result;
  result.p = r + r * r * p;
  m8 bits = (__builtin_convertvector(n, m8) + 1023) << 52;
  memcpy(&result.power, &bits, sizeof bits);
  return result;
}

INLINE v8 exponential(v8 x) {
  split_exponential s = exponential_parts(x);
  return x < -708.0 ? all(0.0) : s.power + s.power * s.p;
}

INLINE v8 exponential_minus_one(v8 x) {
  split_exponential s = exponential_parts(x);
  /* Exact power minus 1; nothing cancels for n = 0. */
  return (s.power - 1.0) + s.power * s.p;
}

#endif
