#ifndef TML_AFFINE_PROVEN_H
#define TML_AFFINE_PROVEN_H

#include <stdint.h>

#include "rounding_proven.h"

struct tml_affine_proven {
    int32_t elements;
    int32_t input_offset, factor;
    struct tml_rounding rounding;
};

void tml_affine_proven(const struct tml_affine_proven *p, const int8_t *input, int8_t *output);

#endif
