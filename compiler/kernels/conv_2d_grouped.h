#ifndef TML_CONV_2D_GROUPED_H
#define TML_CONV_2D_GROUPED_H

#include <stdint.h>

#include "conv_2d.h"

/* Each group's filters see only `input_depth` channels, and make only `output_depth`. */
struct tml_groups {
    int32_t input_depth, output_depth;
};

struct tml_conv_2d_grouped {
    struct tml_conv_2d whole;
    struct tml_groups group;
};

/* As tml_conv_2d, but filters are [out, y, x, depth of a group]. */
void tml_conv_2d_grouped(const struct tml_conv_2d_grouped *p, const int8_t *input,
                         const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                         const int8_t *shift, int8_t *output);

#endif
