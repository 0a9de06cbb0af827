#ifndef TML_AFFINE_PROVEN_H
#define TML_AFFINE_PROVEN_H

#include <stdint.h>

struct tml_affine_proven {
    int32_t elements;
    int32_t factor, offset, shift;
    int32_t activation_min, activation_max;
};

void tml_affine_proven(const struct tml_affine_proven *p, const int8_t *input, int8_t *output);

#endif
