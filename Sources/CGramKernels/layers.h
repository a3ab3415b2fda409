size_t NAMED(gram_correlate)(
    const gram_row *row, const double *dot, double inverse, const double *inverses, double limit) {
  m8 found = (m8)(0);
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 rho = load(dot + j) * inverse * load(inverses + j);
    rho = larger(smaller(rho, all(1.0)), all(-1.0));
    store(row->gap + j, 1.0 - rho);
    store(row->sum + j, 1.0 + rho);
    found += (1.0 - magnitude(rho)) < limit;
  }
  size_t count = 0;
  for (int k = 0; k < GRAM_LANES; k++) count += (size_t)(-found[k]);
  return count;
}

void NAMED(gram_mix)(
    const gram_row *row, double length, double weight, const double *lengths, const double *weights) {
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 l = load(lengths + j), w = load(weights + j);
    v8 a = l - length, b = w - weight, c = w + weight;
    v8 product = l * length, square = a * a;
    store(row->gap + j, product * load(row->gap + j) + 0.5 * (square + b * b));
    store(row->sum + j, product * load(row->sum + j) + 0.5 * (square + c * c));
  }
}

/* The cosine from its complements: the smaller one carries the digits. */
INLINE v8 cosine_of(v8 gap, v8 sum) { return 0.5 * (sum - gap); }

void NAMED(gram_accumulate)(
    const gram_row *row, double *theta, double pass, double own, double bias, double scale, const double *scales,
    const double *gradients) {
  double factor = own * scale;
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 features = gradients ? own * load(gradients + j)
                            : factor * load(scales + j) * cosine_of(load(row->gap + j), load(row->sum + j));
    store(theta + j, pass * load(row->slope + j) * load(theta + j) + (features + bias));
  }
}

void NAMED(gram_start)(
    const gram_row *row, double *theta, double own, double bias, double scale, const double *scales) {
  double factor = own * scale;
  for (size_t j = 0; j < row->count; j += GRAM_LANES)
    store(theta + j, factor * load(scales + j) * cosine_of(load(row->gap + j), load(row->sum + j)) + bias);
}

void NAMED(gram_finish)(
    const gram_row *row, double *out, double gain, double bias, double scale, const double *scales) {
  double factor = gain * scale;
  for (size_t j = 0; j < row->count; j += GRAM_LANES)
    store(out + j, factor * load(scales + j) * cosine_of(load(row->gap + j), load(row->sum + j)) + bias);
}

void NAMED(gram_bilinear)(const gram_row *row, double linear_square, double even_square) {
  double total = linear_square + even_square;
  double linear = linear_square / total, even = even_square / total;
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 gap = load(row->gap + j), sum = load(row->sum + j);
    m8 positive = gap < sum;
    v8 eta = positive ? gap : sum;
    v8 cosine = 1.0 - eta;
    v8 a = angle(eta, cosine);
    v8 sine = root(gap * sum);
    /* 1 - E|u||v|, E|u||v| = (2/pi) (sin a + (pi/2 - a) cos a). */
    v8 defect = eta - two_over_pi * segment(a, sine, cosine);
    store(row->gap + j, linear * gap + even * defect);
    store(row->sum + j, linear * sum + even * (2.0 - defect));
    v8 odd = 1.0 - (2.0 * two_over_pi / 2.0) * a;
    store(row->slope + j, linear_square + even_square * (positive ? odd : -odd));
  }
}

void NAMED(gram_jump)(const gram_row *row, double mean_square, double jump_square) {
  double jump = jump_square / (mean_square + jump_square);
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 gap = load(row->gap + j), sum = load(row->sum + j);
    m8 positive = gap < sum;
    v8 eta = positive ? gap : sum;
    v8 near = two_over_pi * angle(eta, 1.0 - eta);
    store(row->gap + j, jump * (positive ? near : 2.0 - near));
    store(row->sum + j, 2.0 - jump * (positive ? near : 2.0 - near));
    store(row->slope + j, all(0.0));
  }
}

/* What the tilted functions share: y = r r' rho and D = 1 - y^2 as a sum of positive terms. */
typedef struct {
  v8 gap, sum, rho, y, d;
} tilted;

INLINE tilted tilt_row(const gram_row *row, const gram_tilt *tilt, v8 r, v8 e, size_t j) {
  tilted t;
  t.gap = load(row->gap + j);
  t.sum = load(row->sum + j);
  t.rho = cosine_of(t.gap, t.sum);
  t.y = tilt->r * r * t.rho;
  double r2 = tilt->r * tilt->r, e2 = tilt->e * tilt->e;
  t.d = e2 + r2 * (e * e + r * r * (t.gap * t.sum));
  return t;
}

/* asin y with 1 - y^2 = d. */
INLINE v8 tilted_asin(v8 y, v8 d) {
  v8 r = magnitude(y);
  v8 arc = half_pi - angle(d / (1.0 + r), r);
  return y < 0.0 ? -arc : arc;
}

INLINE void set_correlation(const gram_row *row, size_t j, v8 rho) {
  store(row->gap + j, larger(1.0 - rho, all(0.0)));
  store(row->sum + j, larger(1.0 + rho, all(0.0)));
}

void NAMED(gram_erf)(const gram_row *row, const gram_tilt *tilt, double slope_factor) {
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 r = load(tilt->rs + j), e = load(tilt->es + j), norm = load(tilt->norms + j);
    tilted t = tilt_row(row, tilt, r, e, j);
    /* Near 0 pi/2 - angle would lose digits that small variances need. */
    v8 small = short_asin(t.y, t.y * t.y);
    v8 arc = magnitude(t.y) < 0.5 ? small : tilted_asin(t.y, t.d);
    set_correlation(row, j, arc * tilt->norm * norm);
    store(row->slope + j, (slope_factor * tilt->e) * e / root(t.d));
  }
}

void NAMED(gram_gelu)(const gram_row *row, const gram_tilt *tilt) {
  double e2 = tilt->e * tilt->e;
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 r = load(tilt->rs + j), e = load(tilt->es + j), norm = load(tilt->norms + j);
    tilted t = tilt_row(row, tilt, r, e, j);
    v8 small = short_asin(t.y, t.y * t.y);
    v8 arc = magnitude(t.y) < 0.5 ? small : tilted_asin(t.y, t.d);
    v8 turn = half_pi + arc;
    v8 squares = e2 + e * e;
    v8 inverse = 1.0 / root(t.d);
    v8 rest = tilt->r * r * (t.gap * t.sum + t.rho * t.rho * squares) * inverse;
    set_correlation(row, j, inverse_two_pi * (t.rho * turn + rest) * tilt->norm * norm);
    v8 product = e2 * (e * e) * (inverse * inverse);
    store(row->slope + j, inverse_two_pi * (turn + t.y * inverse * (squares + product)));
  }
}

void NAMED(gram_gaussian)(const gram_row *row, const gram_tilt *tilt, double slope_factor) {
  double e2 = tilt->e * tilt->e;
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 r = load(tilt->rs + j), e = load(tilt->es + j), norm = load(tilt->norms + j);
    tilted t = tilt_row(row, tilt, r, e, j);
    v8 inverse = 1.0 / root(t.d);
    set_correlation(row, j, inverse * tilt->norm * norm);
    store(row->slope + j, slope_factor * t.y * (e2 * (e * e)) * (inverse * inverse * inverse));
  }
}

/* Var(u -+ v) / 2 = (s - s')^2 / 2 + s s' (1 -+ rho). */
INLINE v8 half_variance(v8 s, double other, v8 complement) {
  v8 difference = s - other;
  return 0.5 * difference * difference + other * s * complement;
}

void NAMED(gram_wave)(
    const gram_row *row, int odd, double frequency_square, double deviation, const double *deviations, double norm,
    const double *norms) {
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 s = load(deviations + j), gap = load(row->gap + j), sum = load(row->sum + j);
    v8 product = deviation * s * cosine_of(gap, sum);
    m8 positive = product > 0.0;
    /* e^{-Var(u - v)/2} - e^{-Var(u + v)/2}, the larger one taken out: their exponents differ by 2 Cov(u, v). */
    v8 top = exponential(-half_variance(s, deviation, positive ? gap : sum));
    v8 drop = top * exponential_minus_one(-2.0 * magnitude(product));
    v8 difference = positive ? -drop : drop;
    v8 total = 2.0 * top + drop;
    v8 value = odd ? difference : total, slope = odd ? total : difference;
    set_correlation(row, j, 0.5 * value * norm * load(norms + j));
    store(row->slope + j, (0.5 * frequency_square) * slope);
  }
}

void NAMED(gram_exponential)(
    const gram_row *row, double rate_square, double deviation, const double *deviations, double scale,
    const double *scales) {
  double factor = rate_square * scale;
  for (size_t j = 0; j < row->count; j += GRAM_LANES) {
    v8 gap = -exponential_minus_one(-half_variance(load(deviations + j), deviation, load(row->gap + j)));
    store(row->gap + j, gap);
    store(row->sum + j, 2.0 - gap);
    store(row->slope + j, factor * load(scales + j) * (1.0 - gap));
  }
}
