/*
 * libinfwidth from C: the numbers, every class of errors, bad arguments, threads. Scripts/test-library compiles and runs it.
 * Prints the checks that do not hold; the exit status is 0 if there are none.
 */
#include <infwidth.h>

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int checks = 0, failures = 0;

static void check_at(int line, const char *what, int holds) {
  checks += 1;
  if (!holds) {
    failures += 1;
    fprintf(stderr, "line %d: %s does not hold\n", line, what);
  }
}
#define CHECK(what) check_at(__LINE__, #what, (what))

/* The status, and words of the message. */
static void refuses_at(int line, int expected, const char *words, int status, char *message) {
  check_at(line, "the status", status == expected);
  check_at(line, words, message != NULL && strstr(message, words) != NULL);
  if (status != expected || message == NULL || strstr(message, words) == NULL)
    fprintf(stderr, "line %d: status %d, %s\n", line, status, message == NULL ? "no message" : message);
  infwidth_free(message);
}
#define REFUSES(expected, words, call) \
  do { \
    char *message = NULL; \
    int status = (call); \
    refuses_at(__LINE__, (expected), (words), status, message); \
  } while (0)

/* The project's example, as a network file says it. */
static const char *headline =
    "input-dimension: 1\n"
    "parameterization: ntk\n"
    "layers:\n"
    "  - {weights: 'uniform(-1, 1)', bias: 'uniform(-1/2, 1/2)', activation: square}\n"
    "  - {weights: 'uniform(-1, 1)', bias: none}\n";

static infwidth_network *opened(const char *name, size_t dimension) {
  infwidth_network *network = NULL;
  char *message = NULL;
  if (infwidth_network_open(name, dimension, &network, &message) != INFWIDTH_OK) {
    fprintf(stderr, "%s: %s\n", name, message);
    exit(1);
  }
  return network;
}

static infwidth_network *parsed(const char *text) {
  infwidth_network *network = NULL;
  if (infwidth_network_parse(text, &network, NULL) != INFWIDTH_OK) exit(1);
  return network;
}

static void test_headline(void) {
  infwidth_network *network = parsed(headline);
  CHECK(infwidth_network_dimension(network) == 1);
  const double points[] = {1, -1};
  infwidth_number nngp[3], ntk[3];
  char *message = (char *)"untouched";
  CHECK(infwidth_table(network, points, 2, 1, 0, 1, nngp, ntk, &message) == INFWIDTH_OK);
  CHECK(message == NULL);
  CHECK(ntk[0].value == 1073.0 / 720 && ntk[1].value == 113.0 / 720 && ntk[2].value == 1073.0 / 720);
  CHECK(nngp[0].value == 91.0 / 720 && nngp[1].value == 113.0 / 2160);
  for (int i = 0; i < 3; i++) CHECK(ntk[i].error == 0 && ntk[i].method == INFWIDTH_EXACT && ntk[i].existence == INFWIDTH_FINITE);
  CHECK(strcmp(infwidth_method_name(ntk[0].method), "exact") == 0);
  char *json = NULL;
  CHECK(infwidth_table_json(network, "[[1], [\"-1\"]]", 0, 0, &json, &message) == INFWIDTH_OK);
  CHECK(json != NULL && strstr(json, "\"exact\": \"1073/720\"") != NULL && strstr(json, "layer 1 bias") != NULL);
  infwidth_free(json);
  char *yaml = NULL;
  CHECK(infwidth_network_yaml(network, &yaml, NULL) == INFWIDTH_OK && strstr(yaml, "activation: square") != NULL);
  infwidth_network *again = parsed(yaml);
  CHECK(infwidth_table(again, points, 1, 1, 1e-12, 0, NULL, ntk, NULL) == INFWIDTH_OK && ntk[0].value == 1073.0 / 720);
  infwidth_free(yaml);
  infwidth_network_close(again);
  infwidth_network_close(network);
}

/* Cho and Saul 2009: E[relu(u) relu(v)] = (sin t + (pi - t) cos t)/2 pi, E[relu' relu'] = (pi - t)/2 pi. */
static void test_dual(void) {
  const double pi = acos(-1.0), t = acos(0.5);
  infwidth_number value, derivative;
  CHECK(infwidth_dual("relu", 1, 1, 0.5, &value, &derivative, NULL) == INFWIDTH_OK);
  CHECK(fabs(value.value - (sin(t) + (pi - t) * cos(t)) / (2 * pi)) <= value.error + 1e-15);
  CHECK(fabs(derivative.value - (pi - t) / (2 * pi)) <= derivative.error + 1e-15);
  CHECK(value.method == INFWIDTH_CLOSED_FORM && value.error > 0 && value.error < 1e-14);
  infwidth_number near;
  CHECK(infwidth_dual_one_minus_rho("relu", 1, 1, 0.5, &near, NULL, NULL) == INFWIDTH_OK);
  CHECK(fabs(near.value - value.value) <= near.error + value.error);
  char *json = NULL;
  CHECK(infwidth_dual_json("square", "1", "1", "1/2", NULL, &json, NULL) == INFWIDTH_OK);
  /* E u^2 v^2 = q1 q2 + 2 c^2. */
  CHECK(json != NULL && strstr(json, "\"exact\": \"3/2\"") != NULL);
  infwidth_free(json);
}

/* One hidden layer of relu: K = 4 E relu relu s^2 ..., by Cho and Saul with g^2 = 2 at every layer, s^2 = 1/d. */
static void test_gram(void) {
  infwidth_network *network = opened("preset:relu-1", 2);
  const double x[] = {1, 0, 0, 1, 3, 4}, y[] = {1, 1, 2, -1};
  double nngp[9], ntk[9], cross[6], bounds[2];
  CHECK(infwidth_gram(network, x, 3, NULL, 0, 2, 1, nngp, ntk, bounds, NULL, NULL, NULL) == INFWIDTH_OK);
  CHECK(bounds[0] > 0 && bounds[0] < 1e-12 && bounds[1] > 0 && bounds[1] < 1e-12);
  const double pi = acos(-1.0);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const double a = hypot(x[2 * i], x[2 * i + 1]), b = hypot(x[2 * j], x[2 * j + 1]);
      const double dot = x[2 * i] * x[2 * j] + x[2 * i + 1] * x[2 * j + 1];
      const double t = i == j ? 0 : acos(dot / (a * b));
      /* q = 2 x.y/2: weights of variance 2, inputs scaled by 1/sqrt 2. */
      const double k = 2 * a * b * (sin(t) + (pi - t) * cos(t)) / (2 * pi);
      const double theta = k + 2 * dot * (pi - t) / (2 * pi);
      CHECK(fabs(nngp[3 * i + j] - k) <= 1e-13 * a * b);
      CHECK(fabs(ntk[3 * i + j] - theta) <= 1e-13 * a * b);
      CHECK(nngp[3 * i + j] == nngp[3 * j + i] && ntk[3 * i + j] == ntk[3 * j + i]);
    }
  CHECK(infwidth_gram(network, x, 3, y, 2, 2, 0, NULL, cross, bounds, NULL, NULL, NULL) == INFWIDTH_OK);
  CHECK(isnan(bounds[0]) && bounds[1] > 0);
  CHECK(fabs(cross[0] - (2 * sqrt(2) * (sin(pi / 4) + 3 * pi / 4 * cos(pi / 4)) / (2 * pi) + 2 * 0.375)) < 1e-13);
  double diagonal[3];
  CHECK(infwidth_gram_diagonal(network, x, 3, 2, 0, NULL, diagonal, NULL) == INFWIDTH_OK);
  for (int i = 0; i < 3; i++) CHECK(fabs(diagonal[i] - ntk[4 * i]) <= 1e-14 * diagonal[i]);
  infwidth_network_close(network);
}

/* One hidden layer, width N: the mean of the NTK is the limit's, 1073/720. */
static void test_expect(void) {
  infwidth_network *network = parsed(headline);
  const size_t widths[] = {64, 256};
  char *text = NULL;
  size_t size = 0;
  CHECK(infwidth_expect(network, "[[1]]", NULL, NULL, widths, 2, 50, 1e-3, NULL, 1, &text, &size, NULL) == INFWIDTH_OK);
  CHECK(text != NULL && strlen(text) == size && strstr(text, "infwidth/expect/1") != NULL && strstr(text, "1073/720") != NULL);
  infwidth_free(text);
  CHECK(infwidth_expect(network, "[[1]]", "both", "single", NULL, 0, 0, 0, "pytest", 1, &text, NULL, NULL) == INFWIDTH_OK);
  CHECK(strstr(text, "def test_") != NULL);
  infwidth_free(text);
  CHECK(infwidth_expect(network, "[[1]]", NULL, NULL, NULL, 0, 0, 0, "npz", 1, &text, &size, NULL) == INFWIDTH_OK);
  CHECK(size > 100 && memcmp(text, "PK", 2) == 0);
  infwidth_free(text);
  text = NULL;
  const size_t none[] = {0};
  REFUSES(64, "The width 0", infwidth_expect(network, "[[1]]", NULL, NULL, none, 1, 0, 0, NULL, 1, &text, NULL, &message));
  REFUSES(64, "width_count", infwidth_expect(network, "[[1]]", NULL, NULL, none, SIZE_MAX, 0, 0, NULL, 1, &text, NULL, &message));
  REFUSES(64, "widths is NULL", infwidth_expect(network, "[[1]]", NULL, NULL, NULL, 1, 0, 0, NULL, 1, &text, NULL, &message));
  REFUSES(64, "widths as well", infwidth_expect(network, "[[1]]", NULL, NULL, NULL, 0, 9, 0, NULL, 1, &text, NULL, &message));
  REFUSES(64, "false-alarm", infwidth_expect(network, "[[1]]", NULL, NULL, widths, 1, 9, 2, NULL, 1, &text, NULL, &message));
  REFUSES(64, "format is 'xml'", infwidth_expect(network, "[[1]]", NULL, NULL, NULL, 0, 0, 0, "xml", 1, &text, NULL, &message));
  REFUSES(64, "kernel is 'nkt'", infwidth_expect(network, "[[1]]", "nkt", NULL, NULL, 0, 0, 0, NULL, 1, &text, NULL, &message));
  REFUSES(65, "points: ", infwidth_expect(network, "[]", NULL, NULL, NULL, 0, 0, 0, NULL, 1, &text, NULL, &message));
  CHECK(text == NULL);
  infwidth_network_close(network);
}

static int stop_at_once(size_t done, size_t total, void *context) {
  *(size_t *)context = total;
  return done == 0;
}

static void test_errors(void) {
  infwidth_network *network = opened("preset:relu-2", 2), *none = NULL;
  const double x[] = {1, 2, 3, 4}, bad[] = {1, NAN}, huge[] = {1e200, 0}, infinite[] = {1, -INFINITY};
  double k[4];
  infwidth_number number;
  char *json = NULL;

  /* 64: arguments. */
  REFUSES(64, "Did you mean 'relu'?", infwidth_network_open("preset:rleu-3", 2, &none, &message));
  REFUSES(64, "no such file", infwidth_network_open("no-such.yaml", 2, &none, &message));
  REFUSES(64, "Did you mean preset:relu-3?", infwidth_network_open("relu-3", 2, &none, &message));
  REFUSES(64, "dimension is 0", infwidth_network_open("preset:relu-3", 0, &none, &message));
  REFUSES(64, "name is NULL", infwidth_network_open(NULL, 1, &none, &message));
  REFUSES(64, "not UTF-8", infwidth_network_open("\xff", 1, &none, &message));
  REFUSES(64, "pointer for the network", infwidth_network_open("preset:relu-3", 1, NULL, &message));
  REFUSES(64, "this is not YAML", infwidth_network_parse("a: [", &none, &message));
  REFUSES(64, "line 1: the text is not UTF-8", infwidth_network_parse("\xff\n", &none, &message));
  REFUSES(64, "empty", infwidth_network_parse("", &none, &message));
  REFUSES(64, "text is NULL", infwidth_network_parse(NULL, &none, &message));
  REFUSES(64, "no activation", infwidth_dual("nosuch", 1, 1, 0, &number, NULL, &message));
  REFUSES(64, "activation is NULL", infwidth_dual(NULL, 1, 1, 0, &number, NULL, &message));
  REFUSES(64, "q1 is nan", infwidth_dual("relu", NAN, 1, 0, &number, NULL, &message));
  REFUSES(64, "c is inf", infwidth_dual("relu", 1, 1, INFINITY, &number, NULL, &message));
  REFUSES(64, "The variance -1.0 is negative", infwidth_dual("relu", -1, 1, 0, &number, NULL, &message));
  REFUSES(64, "covariance 2.0 is impossible", infwidth_dual("relu", 1, 1, 2, &number, NULL, &message));
  REFUSES(64, "1 - rho = 3.0 is impossible", infwidth_dual_one_minus_rho("relu", 1, 1, 3, &number, NULL, &message));
  REFUSES(64, "q2: 'x' is not a number", infwidth_dual_json("relu", "1", "x", "0", NULL, &json, &message));
  REFUSES(64, "either", infwidth_dual_json("relu", "1", "1", NULL, NULL, &json, &message));
  REFUSES(64, "pointer for the text", infwidth_dual_json("relu", "1", "1", "0", NULL, NULL, &message));
  REFUSES(64, "network is NULL", infwidth_table(NULL, x, 2, 2, 0, 1, &number, NULL, &message));
  REFUSES(64, "points is NULL", infwidth_table(network, NULL, 2, 2, 0, 1, &number, NULL, &message));
  REFUSES(64, "relative_tolerance is nan", infwidth_table(network, x, 1, 2, NAN, 1, &number, NULL, &message));
  REFUSES(64, "threads is -1", infwidth_table(network, x, 1, 2, 0, -1, &number, NULL, &message));
  REFUSES(64, "address space", infwidth_table(network, x, SIZE_MAX, 2, 0, 1, &number, NULL, &message));
  REFUSES(64, "address space", infwidth_gram(network, x, SIZE_MAX / 8, NULL, 0, 2, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(64, "x is NULL", infwidth_gram(network, NULL, 2, NULL, 0, 2, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(64, "both NULL", infwidth_gram(network, x, 2, NULL, 0, 2, 1, NULL, NULL, NULL, NULL, NULL, &message));
  REFUSES(64, "columns is 3", infwidth_gram(network, x, 2, NULL, 3, 2, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(64, "kernel is 'nkt'", infwidth_gram_file(network, "x.csv", NULL, "nkt", "k.npy", 1, &message));

  /* 65: data. */
  REFUSES(65, "coordinate 2 is nan", infwidth_table(network, bad, 1, 2, 0, 1, &number, NULL, &message));
  REFUSES(65, "has 4 coordinates", infwidth_table(network, x, 1, 4, 0, 1, &number, NULL, &message));
  REFUSES(65, "no points", infwidth_table(network, x, 0, 2, 0, 1, &number, NULL, &message));
  REFUSES(65, "points: ", infwidth_table_json(network, "[[1,]]", 0, 1, &json, &message));
  REFUSES(65, "has 1 coordinate", infwidth_table_json(network, "[[1]]", 0, 1, &json, &message));
  REFUSES(65, "x: point 1, coordinate 2 is -inf",
      infwidth_gram(network, infinite, 1, NULL, 0, 2, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(65, "y: point 1, coordinate 2 is nan",
      infwidth_gram(network, x, 2, bad, 1, 2, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(65, "has 1 coordinate", infwidth_gram(network, x, 4, NULL, 0, 1, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(65, "Row 1", infwidth_gram(network, huge, 1, NULL, 0, 2, 1, k, NULL, NULL, NULL, NULL, &message));
  REFUSES(65, "no such file", infwidth_gram_file(network, "no-such.csv", NULL, "ntk", "k.npy", 1, &message));

  /* 70: what has no value, or not the accuracy. */
  infwidth_network *standard = opened("preset:he", 2);
  REFUSES(70, "has no limit", infwidth_gram(standard, x, 2, NULL, 0, 2, 1, NULL, k, NULL, NULL, NULL, &message));
  infwidth_network_close(standard);
  infwidth_network *deep = opened("preset:tanh-2", 2);
  REFUSES(70, "1e-300", infwidth_table(deep, x, 1, 2, 1e-300, 1, &number, NULL, &message));
  infwidth_network_close(deep);
  size_t total = 0;
  REFUSES(70, "stopped after 0 of 4",
      infwidth_gram(network, x, 2, NULL, 0, 2, 1, k, NULL, NULL, stop_at_once, &total, &message));
  CHECK(total == 4);

  /* 74: output. */
  FILE *file = fopen("inputs.csv", "w");
  if (file == NULL) exit(1);
  fputs("1,2\n3,4\n", file);
  fclose(file);
  REFUSES(74, "no-such-folder", infwidth_gram_file(network, "inputs.csv", NULL, "ntk", "no-such-folder/k.npy", 1, &message));
  CHECK(infwidth_gram_file(network, "inputs.csv", NULL, "both", "k.npy", 1, NULL) == INFWIDTH_OK);
  CHECK(access("k.npy", R_OK) == 0);

  /* Nobody asks for the message. */
  CHECK(infwidth_network_open("preset:rleu-3", 2, &none, NULL) == 64);
  CHECK(none == NULL && json == NULL);
  infwidth_network_close(network);
  infwidth_network_close(NULL);
  infwidth_free(NULL);
  CHECK(infwidth_network_dimension(NULL) == 0);
  CHECK(strcmp(infwidth_method_name(99), "") == 0 && strcmp(infwidth_method_name(0), "") == 0);
  CHECK(strlen(infwidth_version()) >= 5);
}

/* An infinite moment, and one that does not exist: the first layer's student-t law has no third and fourth moment. */
static void test_existence(void) {
  infwidth_network *network = parsed(
      "input-dimension: 1\nparameterization: ntk\nlayers:\n"
      "  - {weights: 'student-t(3, 1)', bias: none, activation: square}\n  - {weights: 'normal(0, 1)', bias: none}\n");
  const double x[] = {1};
  infwidth_number nngp, ntk;
  CHECK(infwidth_table(network, x, 1, 1, 0, 1, &nngp, &ntk, NULL) == INFWIDTH_OK);
  CHECK(nngp.existence == INFWIDTH_INFINITE && isinf(nngp.value) && isnan(nngp.error) && nngp.method == INFWIDTH_NO_METHOD);
  infwidth_network_close(network);
}

enum { COUNT = 400, DIMENSION = 3, WORKERS = 8 };
static double inputs[COUNT * DIMENSION], expected[COUNT * COUNT];

static void *worker(void *argument) {
  infwidth_network *network = argument;
  double *k = malloc(sizeof(double) * COUNT * COUNT);
  size_t differences = 0;
  for (int round = 0; round < 4; round++) {
    if (infwidth_gram(network, inputs, COUNT, NULL, 0, DIMENSION, 1 + round % 2, NULL, k, NULL, NULL, NULL, NULL) != 0) differences += 1;
    if (memcmp(k, expected, sizeof(expected)) != 0) differences += 1;
    infwidth_number number;
    if (infwidth_dual("gelu", 1, 2, 0.5, &number, NULL, NULL) != 0) differences += 1;
    char *message = NULL;
    if (infwidth_dual("nosuch", 1, 2, 0.5, &number, NULL, &message) != 64 || message == NULL) differences += 1;
    infwidth_free(message);
  }
  free(k);
  return (void *)differences;
}

static void test_threads(void) {
  infwidth_network *network = opened("preset:gelu-3", DIMENSION);
  for (int i = 0; i < COUNT * DIMENSION; i++) inputs[i] = sin(1.0 + i * i % 97) + 0.25;
  CHECK(infwidth_gram(network, inputs, COUNT, NULL, 0, DIMENSION, 1, NULL, expected, NULL, NULL, NULL, NULL) == 0);
  pthread_t threads[WORKERS];
  for (int i = 0; i < WORKERS; i++) pthread_create(&threads[i], NULL, worker, network);
  for (int i = 0; i < WORKERS; i++) {
    void *differences = NULL;
    pthread_join(threads[i], &differences);
    CHECK(differences == NULL);
  }
  /* A forked process has none of the threads of its parent, and the same numbers. */
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(worker(network) == NULL ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  infwidth_network_close(network);
}

int main(void) {
  test_headline();
  test_dual();
  test_gram();
  test_expect();
  test_errors();
  test_existence();
  test_threads();
  printf("libinfwidth %s: %d checks, %d failures\n", infwidth_version(), checks, failures);
  return failures == 0 ? 0 : 1;
}
