/* FULLY_CONNECTED, int8, four channels at a time. */
#include "fully_connected_mve.h"

/* The sums of four filters that follow each other. */
static inline int32x4_t tml_four_rows(const int8_t *input, const int8_t *filter, int32_t depth,
                                      const int32_t *bias)
{
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    const int8_t *second = filter + depth, *third = second + depth, *fourth = third + depth;
    for (int32_t left = depth; left > 0; left -= 16) {
        mve_pred16_t lanes = vctp8q((uint32_t)left);
        int8x16_t in = vldrbq_z_s8(input, lanes);
        a = vmladavaq_p_s8(a, in, vldrbq_z_s8(filter, lanes), lanes);
        b = vmladavaq_p_s8(b, in, vldrbq_z_s8(second, lanes), lanes);
        c = vmladavaq_p_s8(c, in, vldrbq_z_s8(third, lanes), lanes);
        d = vmladavaq_p_s8(d, in, vldrbq_z_s8(fourth, lanes), lanes);
        input += 16;
        filter += 16;
        second += 16;
        third += 16;
        fourth += 16;
    }
    int32x4_t sums = {a, b, c, d};
    return sums;
}

static inline int32_t tml_one_row(const int8_t *input, const int8_t *filter, int32_t depth,
                                  int32_t sum)
{
    for (int32_t left = depth; left > 0; left -= 16) {
        mve_pred16_t lanes = vctp8q((uint32_t)left);
        sum = vmladavaq_p_s8(sum, vldrbq_z_s8(input, lanes), vldrbq_z_s8(filter, lanes), lanes);
        input += 16;
        filter += 16;
    }
    return sum;
}

/* The channels of one multiplier and shift each; those of all channels have one where there is
 * one. */
static void tml_fully_connected_row(const struct tml_fully_connected_mve *p, const int8_t *input,
                                    const int8_t *filter, const int32_t *bias,
                                    const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    int32_t step = p->output.channel_step, left = p->output_depth;
    uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)step);
    for (; left >= 4; left -= 4) {
        int32x4_t x = tml_four_rows(input, filter, p->input_depth, bias);
        x = tml_requantize_each_mve(x, vldrwq_gather_shifted_offset_s32(multiplier, places),
                                    vldrbq_gather_offset_s32(shift, places));
        vstrbq_s32(output, tml_clamp_mve(&p->output, x));
        filter += 4 * p->input_depth;
        bias += 4;
        multiplier += 4 * step;
        shift += 4 * step;
        output += 4;
    }
    for (; left > 0; left--) {
        int32x4_t x = vdupq_n_s32(tml_one_row(input, filter, p->input_depth, *bias++));
        x = tml_clamp_mve(&p->output, tml_requantize_mve(x, *multiplier, *shift));
        *output++ = (int8_t)vgetq_lane_s32(x, 0);
        filter += p->input_depth;
        multiplier += step;
        shift += step;
    }
}

void tml_fully_connected_mve(const struct tml_fully_connected_mve *p, const int8_t *input,
                             const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                             const int8_t *shift, int8_t *output)
{
    for (int32_t batch = 0; batch < p->batches; batch++) {
        tml_fully_connected_row(p, input, filter, bias, multiplier, shift, output);
        input += p->input_depth;
        output += p->output_depth;
    }
}
