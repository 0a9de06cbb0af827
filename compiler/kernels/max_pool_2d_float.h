#ifndef TML_MAX_POOL_2D_FLOAT_H
#define TML_MAX_POOL_2D_FLOAT_H

#include "pool_2d_float.h"

/* Row-major [batch, y, x, depth]. */
void tml_max_pool_2d_float(const struct tml_pool_2d_float *p, const float *input, float *output);

#endif
