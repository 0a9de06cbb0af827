#ifndef TML_ADD_H
#define TML_ADD_H

#include <stdint.h>

struct tml_addend {
    int32_t step; /* 1, or 0 where one element is added to all */
    int32_t offset;
    int32_t multiplier, shift;
};

struct tml_add {
    int32_t elements;
    int32_t left_shift;
    struct tml_addend first, second;
    int32_t output_offset;
    int32_t output_multiplier, output_shift;
    int32_t activation_min, activation_max;
};

void tml_add(const struct tml_add *p, const int8_t *first, const int8_t *second, int8_t *output);

#endif
