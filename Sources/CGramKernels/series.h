INLINE void mehler(
    const gram_row *row, int step, int first, size_t terms, size_t inner, const double *coefficients, const double *columns,
    size_t stride, double slope, const double *slopes, int accurate) {
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 gap = load(row->gap + j), sum = load(row->sum + j);
    v8 rho = 0.5 * (sum - gap);
    v8 x = step == 2 ? rho * rho : rho;
    /* Horner: value and derivative in x; the intermediate values add up to (P(1) - P(x)) / (1 - x), and radial to
       1 - P(1) = sum (a - a')^2 / 2. */
    v8 value = all(0.0), derivative = all(0.0), quotient = all(0.0), radial = all(0.0);
    for (size_t k = terms; k-- > 0;) {
      derivative = derivative * x + value;
      if (accurate) quotient += value;
      value *= x;
      for (size_t n = k * inner; n < (k + 1) * inner; n++) {
        v8 a = load(columns + n * stride + j);
        if (accurate) {
          v8 difference = a - coefficients[n];
          radial += difference * difference;
        }
        value += a * coefficients[n];
      }
    }
    v8 normalized = value;
    v8 rate = derivative;
    if (step == 2) {
      rate = 2.0 * rho * derivative;
      if (first == 1) {
        rate = value + rho * rate;
        normalized = rho * value;
      }
    }
    store(row->slope + j, slope * load(slopes + j) * rate);
    v8 nextGap = 1.0 - normalized, nextSum = 1.0 + normalized;
    if (accurate) {
      radial *= 0.5;
      if (step == 1) {
        nextGap = radial + gap * quotient;
      } else if (first == 1) {
        /* P(1) = 1 - radial; 1 -+ rho R(rho^2) = radial + (1 -+ rho) R(1) +- rho (1 - rho^2) Q for the near end. */
        v8 one = 1.0 - radial;
        nextGap = radial + gap * (one + rho * sum * quotient);
        nextSum = radial + sum * (one - rho * gap * quotient);
      } else {
        nextGap = radial + gap * sum * quotient;
      }
    }
    store(row->gap + j, larger(nextGap, all(0.0)));
    store(row->sum + j, larger(nextSum, all(0.0)));
  }
}

void NAMED(gram_mehler)(
    const gram_row *row, int step, int first, size_t terms, size_t inner, const double *coefficients, const double *columns,
    size_t stride, double slope, const double *slopes, int accurate) {
  /* The common shapes are compiled by themselves. */
#define SHAPE(step, first, accurate) \
  (inner == 1 ? mehler(row, step, first, terms, 1, coefficients, columns, stride, slope, slopes, accurate) \
              : mehler(row, step, first, terms, inner, coefficients, columns, stride, slope, slopes, accurate))
  if (step == 1)
    accurate ? SHAPE(1, 0, 1) : SHAPE(1, 0, 0);
  else if (first)
    accurate ? SHAPE(2, 1, 1) : SHAPE(2, 1, 0);
  else
    accurate ? SHAPE(2, 0, 1) : SHAPE(2, 0, 0);
#undef SHAPE
}

/* Clenshaw's recurrence. */
INLINE v8 chebyshev(size_t terms, const double *c, v8 t) {
  v8 twice = 2.0 * t, b1 = all(0.0), b2 = all(0.0);
  for (size_t k = terms; k-- > 1;) {
    v8 next = twice * b1 - b2 + c[k];
    b2 = b1;
    b1 = next;
  }
  return t * b1 - b2 + c[0];
}

void NAMED(gram_angular)(
    const gram_row *row, size_t terms, const double *defect, size_t slope_terms, const double *slope, double scale,
    const double *scales) {
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 gap = load(row->gap + j), sum = load(row->sum + j);
    m8 positive = gap < sum;
    v8 eta = positive ? gap : sum;
    v8 a = angle(eta, 1.0 - eta);
    v8 t = two_over_pi * a;
    t = positive ? t - 1.0 : 1.0 - t;
    v8 next = gap * chebyshev(terms, defect, t);
    store(row->gap + j, larger(next, all(0.0)));
    store(row->sum + j, larger(2.0 - next, all(0.0)));
    store(row->slope + j, scale * load(scales + j) * chebyshev(slope_terms, slope, t));
  }
}
