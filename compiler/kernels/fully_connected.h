#ifndef TML_FULLY_CONNECTED_H
#define TML_FULLY_CONNECTED_H

#include <stdint.h>

struct tml_fully_connected {
    int32_t batches, input_depth, output_depth;
    int32_t input_offset, output_offset;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
};

/* Row-major int8: input [batch, input_depth], filter [output_depth, input_depth]. bias may be
 * null. */
void tml_fully_connected(const struct tml_fully_connected *p, const int8_t *input,
                         const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                         const int8_t *shift, int8_t *output);

#endif
