#include "gram_kernels.h"

#include <stdint.h>
#include <string.h>

#define NAMED(name) name##_base
#include "vector.h"

#include "inputs.h"
#include "layers.h"
#include "series.h"
#include "smoothed.h"
