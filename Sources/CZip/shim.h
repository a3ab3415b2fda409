#ifndef INFINITEWIDTH_CZIP_SHIM_H
#define INFINITEWIDTH_CZIP_SHIM_H

#include <zip.h>

#endif
