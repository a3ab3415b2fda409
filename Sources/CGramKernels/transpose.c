#include "gram_kernels.h"

#define TILE 8

void gram_transpose(size_t rows, size_t columns, const double *in, size_t stride_in, double *out, size_t stride_out) {
  for (size_t i0 = 0; i0 < rows; i0 += TILE)
    for (size_t j0 = 0; j0 < columns; j0 += TILE) {
      size_t i1 = i0 + TILE < rows ? i0 + TILE : rows, j1 = j0 + TILE < columns ? j0 + TILE : columns;
      for (size_t j = j0; j < j1; j++)
        for (size_t i = i0; i < i1; i++) out[j * stride_out + i] = in[i * stride_in + j];
    }
}
