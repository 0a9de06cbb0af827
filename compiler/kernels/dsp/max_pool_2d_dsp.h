#ifndef TML_MAX_POOL_2D_DSP_H
#define TML_MAX_POOL_2D_DSP_H

#include <stdint.h>

#include "pool_2d.h"

/* As tml_max_pool_2d, for a depth of at least 4; all of int8 is let through. */
void tml_max_pool_2d_dsp(const struct tml_pool_2d *p, const int8_t *input, int8_t *output);

#endif
