#ifndef INFINITEWIDTH_CGSL_SHIM_H
#define INFINITEWIDTH_CGSL_SHIM_H

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fft_complex.h>
#include <gsl/gsl_fft_real.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_odeiv2.h>
#include <gsl/gsl_qrng.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf.h>
#include <gsl/gsl_version.h>

/* GSL's generator types are mutable globals, which Swift's strict concurrency refuses to read. */
static inline gsl_qrng *cgsl_sobol_alloc(unsigned int dimension) {
  return gsl_qrng_alloc(gsl_qrng_sobol, dimension);
}

static inline gsl_root_fsolver *cgsl_brent_alloc(void) {
  return gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
}

static inline const gsl_odeiv2_step_type *cgsl_rkf45(void) { return gsl_odeiv2_step_rkf45; }
static inline const gsl_odeiv2_step_type *cgsl_rk8pd(void) { return gsl_odeiv2_step_rk8pd; }
static inline const gsl_odeiv2_step_type *cgsl_msbdf(void) { return gsl_odeiv2_step_msbdf; }

#endif
