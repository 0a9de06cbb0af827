#ifndef TML_ARG_MAX_H
#define TML_ARG_MAX_H

#include <stdint.h>

struct tml_arg_max {
    int32_t outer, extent, inner;
};

void tml_arg_max(const struct tml_arg_max *p, const int8_t *input, int32_t *output);

#endif
