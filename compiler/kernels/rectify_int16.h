#ifndef TML_RECTIFY_INT16_H
#define TML_RECTIFY_INT16_H

#include <stdint.h>

struct tml_rectify_int16 {
    int32_t elements;
    int32_t multiplier, shift;
    int32_t activation_min, activation_max;
};

void tml_rectify_int16(const struct tml_rectify_int16 *p, const int16_t *input, int16_t *output);

#endif
