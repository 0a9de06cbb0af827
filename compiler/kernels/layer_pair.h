#ifndef TML_LAYER_PAIR_H
#define TML_LAYER_PAIR_H

#include <stdint.h>

#include "conv_2d.h"

/* Two convolutions, the second of which reads nothing but the output of the first. */
struct tml_layer_pair {
    struct tml_conv_2d first, second; /* output_depth is told of depthwise ones, too */
    int32_t first_depthwise, second_depthwise;
};

/* What a convolution takes beside its parameters; see conv_2d.h. */
#define TML_LAYER_CONSTANTS(n)                                                                     \
    const int8_t *filter_##n, const int32_t *bias_##n, const int32_t *multiplier_##n,              \
        const int8_t *shift_##n

/* One image. `lines` holds as many rows between the layers as the second one's window covers,
 * or all of them if they are fewer. */
void tml_layer_pair(const struct tml_layer_pair *p, const int8_t *input, TML_LAYER_CONSTANTS(1),
                    TML_LAYER_CONSTANTS(2), int8_t *lines, int8_t *output);

#endif
