#ifndef TML_REDUCE_MAX_H
#define TML_REDUCE_MAX_H

#include <stdint.h>

#include "reduction.h"

void tml_reduce_max(const struct tml_reduction *p, const int8_t *input, int8_t *output);

#endif
