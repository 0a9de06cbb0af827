#ifndef TML_FULLY_CONNECTED_INT16_H
#define TML_FULLY_CONNECTED_INT16_H

#include <stdint.h>

struct tml_fully_connected_int16 {
    int32_t batches, input_depth, output_depth;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
    int32_t bias_words;   /* of each channel */
};

/* Row-major: input [batch, input_depth], filter [output_depth, input_depth]. bias may be null. */
void tml_fully_connected_int16(const struct tml_fully_connected_int16 *p, const int16_t *input,
                               const int8_t *filter, const int32_t *bias,
                               const int16_t *multiplier, const int8_t *shift, int16_t *output);

#endif
