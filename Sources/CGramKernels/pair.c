#include <math.h>

#include "gram_kernels.h"

/* One pair of inputs, layer by layer in scalars: the formulas of layers.h with the C library's functions. */

static const double pi = 3.14159265358979323846;
static const double unit = 0x1p-53;

/* What a layer needs of one input; degree is q E phi'^2 / E phi^2. */
typedef struct {
  double scale, slope, degree, r, e, cosine, deviation, norm;
} input;

static void tilted_input(input *v, double x) {
  v->e = 1 / sqrt(1 + x);
  v->r = sqrt(x) * v->e;
  v->cosine = v->e * sqrt(1 + v->r * v->r);
}

static input input_dual(const gram_pair_layer *layer, double q) {
  input v = {0};
  double a = layer->first, b = layer->second;
  switch (layer->kind) {
  case GRAM_BILINEAR:
    v.scale = sqrt((a + b) * q);
    v.slope = a + b;
    v.degree = 1;
    break;
  case GRAM_JUMP:
    v.scale = sqrt(a + b);
    break;
  case GRAM_ERF: {
    tilted_input(&v, 2 * a * a * q);
    double arc = asin(v.r * v.r);
    v.norm = 1 / sqrt(arc);
    v.scale = sqrt(2 / pi * arc);
    v.slope = 4 * a * a / pi * v.e * v.e / v.cosine;
    v.degree = 0.5 * pi * q * v.slope * v.norm * v.norm;
    break;
  }
  case GRAM_GELU: {
    tilted_input(&v, q);
    double r2 = v.r * v.r, e2 = v.e * v.e, inverse = 1 / v.cosine;
    double turn = asin(r2) + 0.5 * pi;
    double relative = (turn + 2 * r2 * e2 * inverse) * (0.5 / pi), root = sqrt(relative);
    v.norm = 1 / root;
    v.scale = sqrt(q) * root;
    v.slope = (turn + r2 * inverse * (2 * e2 + e2 * e2 * inverse * inverse)) * (0.5 / pi);
    v.degree = v.slope * v.norm * v.norm;
    break;
  }
  case GRAM_GAUSSIAN:
    tilted_input(&v, 2 * b * q);
    v.norm = sqrt(v.cosine);
    v.scale = fabs(a) * v.e / v.norm;
    v.slope = a * a * 2 * b * v.r * v.r * v.e * v.e * v.e * v.e / (v.cosine * v.cosine * v.cosine);
    v.degree = v.slope * q / (v.scale * v.scale);
    break;
  case GRAM_SINE:
  case GRAM_COSINE: {
    v.deviation = b * sqrt(q);
    double drop = -0.5 * expm1(-2 * v.deviation * v.deviation);
    double square = layer->kind == GRAM_SINE ? drop : 1 - drop;
    v.norm = 1 / sqrt(square);
    v.scale = fabs(a) * sqrt(square);
    v.slope = a * a * b * b * (1 - square);
    v.degree = v.deviation * v.deviation * (1 - square) * v.norm * v.norm;
    break;
  }
  case GRAM_EXPONENTIAL:
    v.deviation = fabs(b) * sqrt(q);
    v.scale = fabs(a) * exp(v.deviation * v.deviation);
    v.slope = b * b * v.scale * v.scale;
    v.degree = v.deviation * v.deviation;
    break;
  }
  return v;
}

static double acute(double eta) { return eta > 0.5 ? acos(1 - eta) : 2 * asin(sqrt(0.5 * eta)); }

/* sin a - a cos a. */
static double segment(double a, double sine, double cosine) {
  if (a > 1.05) return sine - a * cosine;
  double s = a * a;
  double p = -0x1.8f5985225462fp-45;
  p = p * s + 0x1.78a4f39f54b28p-37;
  p = p * s + -0x1.08db3f43ae738p-29;
  p = p * s + 0x1.0cfeb605a0d01p-22;
  p = p * s + -0x1.71de3a55614ebp-16;
  p = p * s + 0x1.38138138137b1p-10;
  p = p * s + -0x1.1111111111111p-5;
  p = p * s + 0x1.5555555555555p-2;
  return a * s * p;
}

/* 0 where a small angle would be lost. */
static int pair_dual(
    const gram_pair_layer *layer, const input *x, const input *y, double *gap, double *sum, double *slope) {
  double g = *gap, s = *sum, a = layer->first, b = layer->second;
  int positive = g < s;
  double eta = positive ? g : s, rho = 0.5 * (s - g);
  double next = 0;
  switch (layer->kind) {
  case GRAM_BILINEAR: {
    double linear = layer->linear, even = layer->even;
    double arc = b == 0 ? 0 : acute(eta);
    double defect = eta - 2 / pi * segment(arc, sqrt(g * s), 1 - eta);
    double odd = 1 - 2 / pi * arc;
    *gap = linear * g + even * defect;
    *sum = linear * s + even * (2 - defect);
    *slope = a + b * (positive ? odd : -odd);
    return 1;
  }
  case GRAM_JUMP: {
    double near = 2 / pi * acute(eta);
    *gap = layer->even * (positive ? near : 2 - near);
    *sum = 2 - *gap;
    *slope = 0;
    return 1;
  }
  case GRAM_EXPONENTIAL: {
    double d = x->deviation - y->deviation;
    *gap = -expm1(-(0.5 * d * d + x->deviation * y->deviation * g));
    *sum = 2 - *gap;
    *slope = b * b * x->scale * y->scale * (1 - *gap);
    return 1;
  }
  default: break;
  }
  if (eta < layer->limit) return 0;
  if (layer->kind == GRAM_SINE || layer->kind == GRAM_COSINE) {
    double d = x->deviation - y->deviation, product = x->deviation * y->deviation;
    double top = exp(-(0.5 * d * d + product * eta));
    double drop = top * expm1(-2 * product * fabs(rho));
    double difference = positive ? -drop : drop, total = 2 * top + drop;
    int odd = layer->kind == GRAM_SINE;
    next = 0.5 * (odd ? difference : total) * x->norm * y->norm;
    *slope = 0.5 * a * a * b * b * (odd ? total : difference);
  } else {
    double product = x->r * y->r, ee = x->e * y->e, squares = x->e * x->e + y->e * y->e;
    double tilt = product * rho;
    double d = x->e * x->e + x->r * x->r * (y->e * y->e + y->r * y->r * (g * s));
    double inverse = 1 / sqrt(d);
    double arc = layer->kind == GRAM_GAUSSIAN ? 0 : fabs(tilt) < 0.5 ? asin(tilt) : atan(tilt * inverse);
    switch (layer->kind) {
    case GRAM_ERF:
      next = arc * x->norm * y->norm;
      *slope = 4 * a * a / pi * ee * inverse;
      break;
    case GRAM_GELU: {
      double turn = 0.5 * pi + arc;
      next = 0.5 / pi * (rho * turn + product * (g * s + rho * rho * squares) * inverse) * x->norm * y->norm;
      *slope = 0.5 / pi * (turn + tilt * inverse * (squares + ee * ee * inverse * inverse));
      break;
    }
    default:
      next = inverse * x->norm * y->norm;
      *slope = 2 * b * a * a * tilt * ee * ee * inverse * inverse * inverse;
      break;
    }
  }
  *gap = fmax(1 - next, 0);
  *sum = fmax(1 + next, 0);
  return 1;
}

/* `1 -+ rho` after an independent part common to both. */
static void mix(double bias, double p, double q, double root0, double root1, double *gap, double *sum) {
  double s = sqrt(p), t = sqrt(q), b = sqrt(bias);
  double l0 = root0 / s, l1 = root1 / t, w0 = b / s, w1 = b / t;
  double square = (l0 - l1) * (l0 - l1);
  *gap = l0 * l1 * *gap + 0.5 * (square + (w0 - w1) * (w0 - w1));
  *sum = l0 * l1 * *sum + 0.5 * (square + (w0 + w1) * (w0 + w1));
}

int gram_pair(
    const gram_pair_program *program, const double *x, const double *y, gram_pair_result *result) {
  double p = 0, q = 0, dot = 0;
  for (size_t k = 0; k < program->dimension; k++) {
    p += x[k] * x[k];
    q += y[k] * y[k];
    dot += x[k] * y[k];
  }
  if (!(p > 1e-280 && q > 1e-280 && p < 1e280 && q < 1e280)) return 0;
  double f0 = sqrt(p), f1 = sqrt(q);
  double rho = fmin(1, fmax(-1, dot / (f0 * f1)));
  double gap = 1 - rho, sum = 1 + rho;
  if (gap < program->nearly_parallel || sum < program->nearly_parallel) {
    double t = dot / p, square = 0, along = 0;
    for (size_t k = 0; k < program->dimension; k++) {
      double r = fma(-t, x[k], y[k]);
      square += r * r;
      along += r * x[k];
    }
    double near = fmax(0, square - along * along / p) / q / (1 + fabs(rho));
    gap = rho > 0 ? near : 2 - near;
    sum = rho > 0 ? 2 - near : near;
  }
  double theta = 0, theta0 = 0, theta1 = 0, slope = 0, h0 = 0, h1 = 0;
  double correlation = (8 + 2 * sqrt((double)program->dimension)) * unit, slopes = 0;
  for (size_t index = 0; index < program->count; index++) {
    const gram_pair_layer *layer = program->layers + index;
    double own = layer->own, gain = layer->gain;
    double carried = index ? gain : 0;
    theta = carried * slope * theta + own * (f0 * f1 * (0.5 * (sum - gap))) + layer->bias;
    theta0 = carried * h0 * theta0 + own * f0 * f0 + layer->bias;
    theta1 = carried * h1 * theta1 + own * f1 * f1 + layer->bias;
    double v0 = gain * f0 * f0 + layer->bias_variance, v1 = gain * f1 * f1 + layer->bias_variance;
    if (!(v0 > 0 && v1 > 0)) return 0;
    if (layer->bias_variance > 0) {
      double root = sqrt(gain);
      mix(layer->bias_variance, v0, v1, root * f0, root * f1, &gap, &sum);
    }
    input a = input_dual(layer, v0), b = input_dual(layer, v1);
    if (!pair_dual(layer, &a, &b, &gap, &sum, &slope)) return 0;
    f0 = a.scale;
    f1 = b.scale;
    h0 = a.slope;
    h1 = b.slope;
    double degree = a.degree > b.degree ? a.degree : b.degree;
    slopes += 12 * (degree > 1 ? degree : 1) * correlation + 16 * unit;
    correlation = degree * correlation + 16 * unit;
  }
  double product = f0 * f1;
  rho = 0.5 * (sum - gap);
  result->nngp = program->readout_gain * product * rho + program->readout_bias;
  double pass = program->readout_pass, own = program->readout_own, bias = program->readout_bias_own;
  result->ntk = pass * slope * theta + own * (product * rho) + bias;
  result->gap = gap;
  result->nngp_error = (correlation + 4 * unit) * (program->readout_gain * product + program->readout_bias);
  double d0 = pass * h0 * theta0 + own * f0 * f0 + bias, d1 = pass * h1 * theta1 + own * f1 * f1 + bias;
  result->ntk_error = (slopes + correlation + 4 * unit) * sqrt(d0) * sqrt(d1);
  return isfinite(result->nngp) && isfinite(result->ntk) && isfinite(result->ntk_error);
}
