#ifndef TML_SUM_MVE_H
#define TML_SUM_MVE_H

#include <stdint.h>

#include "sum_proven.h"

/* What tml_sum_proven computes. The output may lie over an input, or begin before it. */
void tml_sum_mve(const struct tml_sum_proven *p, const int8_t *first, const int8_t *second,
                 int8_t *output);

#endif
