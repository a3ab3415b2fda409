void NAMED(gram_residual)(
    size_t count, const double *x, const double *y, double t, double *residual_square, double *residual_dot) {
  v8 square = all(0.0), dot = all(0.0);
  size_t k = 0;
  v8 factor = all(-t);
  for (; k + GRAM_LANES <= count; k += GRAM_LANES) {
    v8 a = load(x + k);
    v8 r = __builtin_elementwise_fma(factor, a, load(y + k));
    square += r * r;
    dot += r * a;
  }
  double s = 0, d = 0;
  for (int lane = 0; lane < GRAM_LANES; lane++) {
    s += square[lane];
    d += dot[lane];
  }
  for (; k < count; k++) {
    double r = __builtin_fma(-t, x[k], y[k]);
    s += r * r;
    d += r * x[k];
  }
  *residual_square = s;
  *residual_dot = d;
}

void NAMED(gram_test_asin)(size_t count, const double *x, double *out) {
  for (size_t j = 0; j < count; j += GRAM_LANES) {
    v8 r = load(x + j);
    store(out + j, half_pi - angle(1.0 - r, r));
  }
}

void NAMED(gram_test_exp)(size_t count, const double *x, double *out) {
  for (size_t j = 0; j < count; j += GRAM_LANES) store(out + j, exponential(load(x + j)));
}
