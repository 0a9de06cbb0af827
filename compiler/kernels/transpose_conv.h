#ifndef TML_TRANSPOSE_CONV_H
#define TML_TRANSPOSE_CONV_H

#include <stdint.h>

struct tml_transpose_conv {
    int32_t batches;
    int32_t input_height, input_width, input_depth;
    int32_t output_height, output_width, output_depth;
    int32_t height, width; /* of the filter */
    int32_t stride_height, stride_width;
    int32_t pad_top, pad_left;
    int32_t input_offset, output_offset;
    int32_t activation_min, activation_max;
    int32_t channel_step; /* 1 where each channel has its multiplier and shift, else 0 */
};

/* Row-major int8: input [batch, y, x, depth], filter [out, y, x, depth]. bias may be null. */
void tml_transpose_conv(const struct tml_transpose_conv *p, const int8_t *input,
                        const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                        const int8_t *shift, int8_t *output);

#endif
