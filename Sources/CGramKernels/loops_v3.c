#if defined(__x86_64__) && defined(__linux__)
#include "gram_kernels.h"

#include <stdint.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define NAMED(name) name##_v3
#include "vector.h"

#include "inputs.h"
#include "layers.h"
#include "series.h"
#include "smoothed.h"
#pragma clang attribute pop
#endif
