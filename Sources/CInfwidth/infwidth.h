/*
 * infwidth.h - the kernels of infinitely wide neural networks, for C and C++.
 *
 * Link with -linfwidth (pkg-config --cflags --libs infwidth).
 *
 *   infwidth_network *network = NULL;
 *   char *message = NULL;
 *   if (infwidth_network_open("preset:relu-3", 2, &network, &message) != INFWIDTH_OK) {
 *     fprintf(stderr, "%s\n", message);
 *     infwidth_free(message);
 *     return 1;
 *   }
 *   double x[] = {1, 0, 0, 1}, ntk[4];
 *   infwidth_gram(network, x, 2, NULL, 0, 2, 0, NULL, ntk, NULL, NULL, NULL, &message);
 *   infwidth_network_close(network);
 *
 * Status. Every function that can fail returns INFWIDTH_OK or one of the classes below, which are the exit statuses of the
 * command infwidth. It then sets *message, if message is not NULL, to one or two lines in UTF-8 that say what is wrong, with
 * the value, and what to do; on success it sets *message to NULL. Results are written on success only, except into the
 * buffers of infwidth_gram.
 *
 * Memory. Every char * that a function hands out through a pointer belongs to the caller, who gives it to infwidth_free.
 * const char * results are constants of the library.
 *
 * Bad arguments. NULL where something is needed, numbers that are not finite, sizes that do not fit, names that do not exist:
 * all are errors with a message. What cannot be noticed is a pointer that points nowhere or to less than was promised.
 *
 * Threads. All functions may be called from several threads at a time, with the same network too; a network is never
 * changed. The argument `threads` is how many threads one call may use, 0 for all processors; it never changes a result. In a
 * process that was forked after a call of the library, calls use one thread.
 */
#ifndef INFWIDTH_H
#define INFWIDTH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status, version, memory ---------------------------------------------------------------------------------------- */

enum {
  INFWIDTH_OK = 0,
  /* Wrong arguments: names, numbers, sizes, networks. */
  INFWIDTH_USAGE = 64,
  /* Malformed data: inputs that are not finite, points of another dimension. */
  INFWIDTH_DATA = 65,
  /* The value does not exist, the accuracy was not reached, or the computation was stopped. */
  INFWIDTH_ACCURACY = 70,
  /* The result cannot be written: a file, or no memory for a text. */
  INFWIDTH_OUTPUT = 74
};

/* The version of the library, "MAJOR.MINOR.PATCH". */
const char *infwidth_version(void);

/* Gives back what a function handed out; NULL is allowed. */
void infwidth_free(void *memory);

/* ---- Numbers -------------------------------------------------------------------------------------------------------- */

/* How a number is known. */
enum {
  INFWIDTH_NO_METHOD = 0, /* there is no number */
  INFWIDTH_EXACT = 1,
  INFWIDTH_CLOSED_FORM = 2,
  INFWIDTH_SERIES = 3,
  INFWIDTH_QUADRATURE = 4,
  INFWIDTH_SAMPLING = 5
};

/* Whether a number exists. */
enum { INFWIDTH_FINITE = 0, INFWIDTH_INFINITE = 1, INFWIDTH_UNDEFINED = 2 };

/* A number with all that is known of it. */
typedef struct infwidth_number {
  /* The number; plus or minus infinity or NaN where it does not exist. */
  double value;
  /* A bound on |value - truth|; for INFWIDTH_SAMPLING one standard error. With INFWIDTH_EXACT it is 0: the value is the
     double nearest the truth. NaN where there is no number. */
  double error;
  /* INFWIDTH_EXACT, ... */
  int method;
  /* INFWIDTH_FINITE, ... */
  int existence;
} infwidth_number;

/* "exact", "closed-form", ... as the command writes it; "" for any other number. */
const char *infwidth_method_name(int method);

/* ---- Networks ------------------------------------------------------------------------------------------------------- */

/* A network: its layers, the laws of its parameters, its parameterization. Immutable. */
typedef struct infwidth_network infwidth_network;

/*
 * Opens what `infwidth --network` names: a YAML or JSON file, or a preset, as in "preset:relu-3" or
 * "preset:he(activation=tanh, depth=5)".
 *
 * dimension  The number of coordinates of an input, for a preset that names none.
 */
int infwidth_network_open(const char *name, size_t dimension, infwidth_network **network, char **message);

/* Reads the text of a network file, YAML or JSON. */
int infwidth_network_parse(const char *text, infwidth_network **network, char **message);

/* Gives a network back; NULL is allowed. */
void infwidth_network_close(infwidth_network *network);

/* The number of coordinates of an input; 0 for NULL. */
size_t infwidth_network_dimension(const infwidth_network *network);

/* The network file in canonical spelling; reading it gives the same network. */
int infwidth_network_yaml(const infwidth_network *network, char **yaml, char **message);

/* ---- Kernels at few points, every digit accounted for ---------------------------------------------------------------- */

/*
 * The NNGP kernel K(x, y) and the NTK of the limit at all pairs x_i, x_j, i <= j, in the order (1,1), (1,2), ..., (2,2), ...
 *
 * points              count x dimension doubles, row by row, each taken for exactly what it is.
 * relative_tolerance  What every value must reach, else INFWIDTH_ACCURACY; 0 for any accuracy.
 * nngp, ntk           Room for count (count + 1) / 2 numbers each; NULL for a kernel that is not wanted.
 */
int infwidth_table(
    const infwidth_network *network, const double *points, size_t count, size_t dimension, double relative_tolerance,
    int threads, infwidth_number *nngp, infwidth_number *ntk, char **message);

/*
 * The same with exact forms, the NTK's part from each group of parameters, and 1 - correlation: the text of
 * `infwidth table --format json`.
 *
 * points  A JSON list of points, as in "[[1, \"1/2\"], [-1, 0.25]]": numbers and texts are read exactly.
 */
int infwidth_table_json(
    const infwidth_network *network, const char *points, double relative_tolerance, int threads, char **json,
    char **message);

/*
 * E[phi(u) phi(v)] and E[phi'(u) phi'(v)] for (u, v) Gaussian with mean 0, variances q1 and q2, and covariance c; in the
 * second function with the correlation 1 - one_minus_rho, which loses no digit near 0. The doubles are taken for exactly
 * what they are; value and derivative may be NULL.
 */
int infwidth_dual(
    const char *activation, double q1, double q2, double c, infwidth_number *value, infwidth_number *derivative,
    char **message);
int infwidth_dual_one_minus_rho(
    const char *activation, double q1, double q2, double one_minus_rho, infwidth_number *value,
    infwidth_number *derivative, char **message);

/*
 * The same with exact forms: the text of `infwidth dual --format json`. Numbers are texts, as in "1/2"; exactly one of c and
 * one_minus_rho is not NULL.
 */
int infwidth_dual_json(
    const char *activation, const char *q1, const char *q2, const char *c, const char *one_minus_rho, char **json,
    char **message);

/* ---- Expected values for tests of other software ---------------------------------------------------------------------- */

/*
 * What `infwidth expect` writes: kernels at points, with the tolerances that a test has to allow.
 *
 * points       As in infwidth_table_json.
 * kernel       "ntk", "nngp" or "both"; NULL for "ntk".
 * precision    The arithmetic of the software under test, "double" or "single"; NULL for "double".
 * widths       The widths of the networks under test, width_count of them; NULL and 0 for the limits.
 * samples      The number of networks that a test averages; 0 for 100.
 * false_alarm  The probability that correct networks miss any tolerance; 0 for 1e-4.
 * format       "json", "csv", "npz", "pytest", "swift", "c", "julia", "table", "markdown" or "latex"; NULL for "json".
 * size         NULL, or where the number of bytes goes, for "npz"; a zero byte stands after them.
 */
int infwidth_expect(
    const infwidth_network *network, const char *points, const char *kernel, const char *precision, const size_t *widths,
    size_t width_count, size_t samples, double false_alarm, const char *format, int threads, char **text, size_t *size,
    char **message);

/* ---- Kernel matrices of many inputs ---------------------------------------------------------------------------------- */

/*
 * Told on the calling thread, now and then, how many entries are done, and of how many; any result but 0 stops the
 * computation, which then returns INFWIDTH_ACCURACY.
 */
typedef int (*infwidth_progress)(size_t done, size_t total, void *context);

/*
 * The kernels between each of the rows of x and each of the rows of y, with the bits of `infwidth gram`.
 *
 * x             rows x dimension doubles, row by row.
 * y             columns x dimension doubles; NULL for x itself: then columns is 0 or rows, and the matrices are exactly
 *               symmetric.
 * nngp, ntk     Room for rows x columns doubles each, row by row; NULL for a kernel that is not wanted.
 * error_bounds  NULL, or room for two doubles: bounds on the error of an entry of the NNGP kernel and of the NTK, relative to
 *               sqrt(K(x, x) K(y, y)); NaN for a kernel that is not wanted.
 * progress      NULL, or what to tell; context is handed on to it.
 */
int infwidth_gram(
    const infwidth_network *network, const double *x, size_t rows, const double *y, size_t columns, size_t dimension,
    int threads, double *nngp, double *ntk, double *error_bounds, infwidth_progress progress, void *context,
    char **message);

/* The diagonals K(x, x) of all rows of x: room for rows doubles each, NULL for a kernel that is not wanted. */
int infwidth_gram_diagonal(
    const infwidth_network *network, const double *x, size_t rows, size_t dimension, int threads, double *nngp,
    double *ntk, char **message);

/*
 * A matrix that may be larger than memory, from a file of inputs into an .npy file: what `infwidth gram` does without further
 * options. The file appears when it is finished.
 *
 * data    Inputs, one a row: an .npy file, CSV without header, or JSON.
 * other   Inputs of the columns; NULL for a symmetric matrix.
 * kernel  "nngp", "ntk", or "both" for an array of the shape (2, n, n'), the NNGP kernel first.
 * output  The name of the .npy file. INFWIDTH_OUTPUT if it cannot be written.
 */
int infwidth_gram_file(
    const infwidth_network *network, const char *data, const char *other, const char *kernel, const char *output,
    int threads, char **message);

#ifdef __cplusplus
}
#endif

#endif
