#ifndef INFINITEWIDTH_GRAM_KERNELS_H
#define INFINITEWIDTH_GRAM_KERNELS_H

#include <stddef.h>

/// Nothing yet.
size_t gram_lanes(void);

#endif
