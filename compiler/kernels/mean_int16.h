#ifndef TML_MEAN_INT16_H
#define TML_MEAN_INT16_H

#include <stdint.h>

#include "reduction.h"

struct tml_mean_int16 {
    struct tml_reduction loops;
    int32_t multiplier, shift;
};

/* At most 65535 elements behind each of the output. */
void tml_mean_int16(const struct tml_mean_int16 *p, const int16_t *input, int16_t *output);

#endif
