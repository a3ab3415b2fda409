/* Conditional means of one variable at the nodes of a quadrature in the other. */

/* out[k] = sum_j T_j(x) table[j * stride + k] on the interval that u lies in. */
INLINE void contract(const gram_conditional *dual, const gram_series *series, double u, double *out) {
  size_t interval = 0;
  while (interval + 1 < dual->intervals && u > dual->ends[interval + 1]) interval++;
  double lower = dual->ends[interval], upper = dual->ends[interval + 1];
  double x = (2.0 * u - lower - upper) / (upper - lower);
  double polynomials[32];
  polynomials[0] = 1.0;
  polynomials[1] = x;
  for (size_t j = 2; j < series->degree; j++) polynomials[j] = 2.0 * x * polynomials[j - 1] - polynomials[j - 2];
  const double *table = series->table + interval * series->degree * series->stride;
  for (size_t k = 0; k < series->stride; k += GRAM_LANES) {
    v8 sum = load(table + k);
    for (size_t j = 1; j < series->degree; j++) sum += polynomials[j] * load(table + j * series->stride + k);
    store(out + k, sum);
  }
}

/* Clenshaw's recurrence for a few vectors at a time, which hides the latency of a single one: with z = 2 t^2 - 1,
   sum c_k T_2k(t) = b_0 - z b_1 and sum c_k T_2k+1(t) = t (b_0 - b_1). The values times the factors, added up. */
#define GROUP 5

INLINE v8 clenshaw_group(size_t vectors, size_t terms, const double *c, const double *z, const double *factors, int odd) {
  v8 twice[GROUP], b1[GROUP], b2[GROUP];
  for (size_t g = 0; g < vectors; g++) {
    twice[g] = 2.0 * load(z + g * GRAM_LANES);
    b1[g] = all(0.0);
    b2[g] = all(0.0);
  }
  for (size_t k = terms; k-- > 0;) {
    v8 coefficient = all(c[k]);
    for (size_t g = 0; g < vectors; g++) {
      v8 next = twice[g] * b1[g] + (coefficient - b2[g]);
      b2[g] = b1[g];
      b1[g] = next;
    }
  }
  v8 sum = all(0.0);
  for (size_t g = 0; g < vectors; g++) {
    v8 value = odd ? b1[g] - b2[g] : b1[g] - 0.5 * twice[g] * b2[g];
    sum += value * load(factors + g * GRAM_LANES);
  }
  return sum;
}

INLINE v8 clenshaw(size_t count, size_t terms, const double *c, const double *z, const double *factors, int odd) {
  v8 sum = all(0.0);
  size_t i = 0;
  for (; i + GROUP * GRAM_LANES <= count; i += GROUP * GRAM_LANES)
    sum += clenshaw_group(GROUP, terms, c, z + i, factors + i, odd);
  for (; i + 2 * GRAM_LANES <= count; i += 2 * GRAM_LANES) sum += clenshaw_group(2, terms, c, z + i, factors + i, odd);
  for (; i < count; i += GRAM_LANES) sum += clenshaw_group(1, terms, c, z + i, factors + i, odd);
  return sum;
}

/* The points of a segment. */
typedef struct {
  double t[GRAM_NODES], z[GRAM_NODES], root[GRAM_NODES];
} segment_points;

/* What one segment adds to the integral of one function, before the growth's constant. */
INLINE v8 segment_sum(
    const gram_smoothed *f, const double *even, const double *odd, size_t count, const segment_points *p,
    const double *samples) {
  double factors[GRAM_NODES];
  v8 sum = all(0.0);
  if (f->even.terms) {
    const double *own = samples + (size_t)f->even_samples * count;
    for (size_t i = 0; i < count; i += GRAM_LANES)
      store(factors + i, f->growth > 0 ? load(own + i) * load(p->root + i) : load(own + i));
    sum += clenshaw(count, f->even.terms, even, p->z, factors, 0);
  }
  if (f->odd.terms) {
    const double *own = samples + (size_t)f->odd_samples * count;
    for (size_t i = 0; i < count; i += GRAM_LANES) {
      v8 factor = load(own + i) * load(p->t + i);
      store(factors + i, f->growth > 0 ? factor * load(p->root + i) : factor);
    }
    sum += clenshaw(count, f->odd.terms, odd, p->z, factors, 1);
  }
  return sum;
}

INLINE double total(v8 x) { return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7])); }

void NAMED(gram_conditional_means)(
    const gram_conditional *dual, size_t count, const double *nodes, const double *samples, double deviation, double rho,
    double spread, double *value, double *slope) {
  double relative = spread / dual->scale;
  double u = 1.0 / __builtin_sqrt(1.0 + relative * relative);
  double unit = u / dual->scale;
  const gram_smoothed *functions[2] = {&dual->value, &dual->slope};
  double even[2][GRAM_TERMS], odd[2][GRAM_TERMS];
  v8 sums[2] = {all(0.0), all(0.0)};
  int wanted = slope ? 2 : 1;
  for (int k = 0; k < wanted; k++) {
    if (functions[k]->even.terms) contract(dual, &functions[k]->even, u, even[k]);
    if (functions[k]->odd.terms) contract(dual, &functions[k]->odd, u, odd[k]);
  }
  for (size_t segment = 0; segment < dual->segments; segment++) {
    segment_points p;
    double offset = dual->shifts[segment] * unit, rate = dual->signs[segment] * rho * deviation * unit;
    for (size_t i = 0; i < count; i += GRAM_LANES) {
      v8 y = offset + rate * load(nodes + i);
      v8 r = root(dual->length * dual->length + y * y);
      v8 t = y / r;
      store(p.root + i, r);
      store(p.t + i, t);
      store(p.z + i, 2.0 * t * t - 1.0);
    }
    const double *own = samples + segment * dual->arrays * count;
    for (int k = 0; k < wanted; k++) sums[k] += segment_sum(functions[k], even[k], odd[k], count, &p, own);
  }
  double results[2];
  for (int k = 0; k < wanted; k++) {
    double growth = functions[k]->growth > 0 ? 1.0 / unit : functions[k]->growth < 0 ? u : 1.0;
    results[k] = growth * total(sums[k]);
  }
  *value = results[0];
  if (slope) *slope = results[1];
}
