#include "gram_kernels.h"
size_t gram_lanes(void) { return 8; }
