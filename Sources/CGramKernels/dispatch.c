#include "gram_kernels.h"

/* The loops are compiled once for each kind of machine (loops_*.c); the machine chooses. */

#if defined(__x86_64__) && defined(__linux__)
#define MACHINES 1
#endif

#define DECLARE(result, name, ...) \
  result name##_v4(__VA_ARGS__); \
  result name##_v3(__VA_ARGS__); \
  result name##_base(__VA_ARGS__);

#ifdef MACHINES
static int level(void) {
  static int known = -1; /* every thread finds the same */
  int found = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (found < 0) {
    __builtin_cpu_init();
    found = __builtin_cpu_supports("x86-64-v4") ? 2 : __builtin_cpu_supports("x86-64-v3") ? 1 : 0;
    __atomic_store_n(&known, found, __ATOMIC_RELAXED);
  }
  return found;
}
#define CHOOSE(name, ...) \
  switch (level()) { \
  case 2: return name##_v4(__VA_ARGS__); \
  case 1: return name##_v3(__VA_ARGS__); \
  default: return name##_base(__VA_ARGS__); \
  }
#else
#define CHOOSE(name, ...) return name##_base(__VA_ARGS__);
#endif

DECLARE(size_t, gram_correlate, const gram_row *row, const double *dot, double inverse, const double *inverses, double limit)
size_t gram_correlate(const gram_row *row, const double *dot, double inverse, const double *inverses, double limit) { CHOOSE(gram_correlate, row, dot, inverse, inverses, limit) }

DECLARE(void, gram_mix, const gram_row *row, double length, double weight, const double *lengths, const double *weights)
void gram_mix(const gram_row *row, double length, double weight, const double *lengths, const double *weights) { CHOOSE(gram_mix, row, length, weight, lengths, weights) }

DECLARE(void, gram_accumulate, const gram_row *row, double *theta, double pass, double own, double bias, double scale, const double *scales, const double *gradients)
void gram_accumulate(const gram_row *row, double *theta, double pass, double own, double bias, double scale, const double *scales, const double *gradients) { CHOOSE(gram_accumulate, row, theta, pass, own, bias, scale, scales, gradients) }

DECLARE(void, gram_start, const gram_row *row, double *theta, double own, double bias, double scale, const double *scales)
void gram_start(const gram_row *row, double *theta, double own, double bias, double scale, const double *scales) { CHOOSE(gram_start, row, theta, own, bias, scale, scales) }

DECLARE(void, gram_finish, const gram_row *row, double *out, double gain, double bias, double scale, const double *scales)
void gram_finish(const gram_row *row, double *out, double gain, double bias, double scale, const double *scales) { CHOOSE(gram_finish, row, out, gain, bias, scale, scales) }

DECLARE(void, gram_bilinear, const gram_row *row, double linear_square, double even_square)
void gram_bilinear(const gram_row *row, double linear_square, double even_square) { CHOOSE(gram_bilinear, row, linear_square, even_square) }

DECLARE(void, gram_jump, const gram_row *row, double mean_square, double jump_square)
void gram_jump(const gram_row *row, double mean_square, double jump_square) { CHOOSE(gram_jump, row, mean_square, jump_square) }

DECLARE(void, gram_erf, const gram_row *row, const gram_tilt *tilt, double slope_factor)
void gram_erf(const gram_row *row, const gram_tilt *tilt, double slope_factor) { CHOOSE(gram_erf, row, tilt, slope_factor) }

DECLARE(void, gram_gelu, const gram_row *row, const gram_tilt *tilt)
void gram_gelu(const gram_row *row, const gram_tilt *tilt) { CHOOSE(gram_gelu, row, tilt) }

DECLARE(void, gram_gaussian, const gram_row *row, const gram_tilt *tilt, double slope_factor)
void gram_gaussian(const gram_row *row, const gram_tilt *tilt, double slope_factor) { CHOOSE(gram_gaussian, row, tilt, slope_factor) }

DECLARE(void, gram_wave, const gram_row *row, int odd, double frequency_square, double deviation, const double *deviations, double norm, const double *norms)
void gram_wave(const gram_row *row, int odd, double frequency_square, double deviation, const double *deviations, double norm, const double *norms) { CHOOSE(gram_wave, row, odd, frequency_square, deviation, deviations, norm, norms) }

DECLARE(void, gram_exponential, const gram_row *row, double rate_square, double deviation, const double *deviations, double scale, const double *scales)
void gram_exponential(const gram_row *row, double rate_square, double deviation, const double *deviations, double scale, const double *scales) { CHOOSE(gram_exponential, row, rate_square, deviation, deviations, scale, scales) }

DECLARE(void, gram_mehler, const gram_row *row, int step, int first, size_t terms, size_t inner, const double *coefficients, const double *columns, size_t stride, double slope, const double *slopes, int accurate)
void gram_mehler(const gram_row *row, int step, int first, size_t terms, size_t inner, const double *coefficients, const double *columns, size_t stride, double slope, const double *slopes, int accurate) { CHOOSE(gram_mehler, row, step, first, terms, inner, coefficients, columns, stride, slope, slopes, accurate) }

DECLARE(void, gram_angular, const gram_row *row, size_t terms, const double *defect, size_t slope_terms, const double *slope, double scale, const double *scales)
void gram_angular(const gram_row *row, size_t terms, const double *defect, size_t slope_terms, const double *slope, double scale, const double *scales) { CHOOSE(gram_angular, row, terms, defect, slope_terms, slope, scale, scales) }

DECLARE(void, gram_conditional_means, const gram_conditional *dual, size_t count, const double *nodes, const double *samples, double deviation, double rho, double spread, double *value, double *slope)
void gram_conditional_means(const gram_conditional *dual, size_t count, const double *nodes, const double *samples, double deviation, double rho, double spread, double *value, double *slope) { CHOOSE(gram_conditional_means, dual, count, nodes, samples, deviation, rho, spread, value, slope) }

DECLARE(void, gram_residual, size_t count, const double *x, const double *y, double t, double *residual_square, double *residual_dot)
void gram_residual(size_t count, const double *x, const double *y, double t, double *residual_square, double *residual_dot) { CHOOSE(gram_residual, count, x, y, t, residual_square, residual_dot) }

DECLARE(void, gram_test_asin, size_t count, const double *x, double *out)
void gram_test_asin(size_t count, const double *x, double *out) { CHOOSE(gram_test_asin, count, x, out) }

DECLARE(void, gram_test_exp, size_t count, const double *x, double *out)
void gram_test_exp(size_t count, const double *x, double *out) { CHOOSE(gram_test_exp, count, x, out) }
