/* CONV_2D, int8, four pixels of one channel at a time.
 *
 * Sums of products across the taps are what the instruction set is made for (VMLADAVA). Four
 * pixels share a filter's bytes, and their four sums make one vector that one multiplier and
 * one shift requantise. */
#include "conv_2d_mve.h"

#include "copy_window_mve.h"

#define TML_INLINE static inline __attribute__((always_inline))

/* What a channel is computed with. */
struct tml_channel_mve {
    const int8_t *filter;
    int32_t bias, multiplier, shift;
};

/* Which of the ways to multiply is taken; known where this is compiled. */
struct tml_way_mve {
    int vectors; /* of a filter, in registers; 0: any number, from memory */
    int whole;   /* whether all lanes of the last one are a pixel's own */
    int copied;
};

TML_INLINE int32x4_t tml_vector_mve(int32_t a, int32_t b, int32_t c, int32_t d)
{
    int32x4_t sums = vdupq_n_s32(0);
    sums = vsetq_lane_s32(a, sums, 0);
    sums = vsetq_lane_s32(b, sums, 1);
    sums = vsetq_lane_s32(c, sums, 2);
    return vsetq_lane_s32(d, sums, 3);
}

/* The sums of four pixels, `step` bytes apart. */
TML_INLINE int32x4_t tml_sums_mve(const int8_t *input, int32_t step, const int8_t *filter,
                                  int32_t taps, int32_t bias)
{
    int32_t a = bias, b = bias, c = bias, d = bias;
    const int8_t *second = input + step, *third = second + step, *fourth = third + step;
    for (int32_t left = taps; left > 0; left -= 16) {
        mve_pred16_t lanes = vctp8q((uint32_t)left);
        int8x16_t weight = vldrbq_z_s8(filter, lanes);
        a = vmladavaq_p_s8(a, vldrbq_z_s8(input, lanes), weight, lanes);
        b = vmladavaq_p_s8(b, vldrbq_z_s8(second, lanes), weight, lanes);
        c = vmladavaq_p_s8(c, vldrbq_z_s8(third, lanes), weight, lanes);
        d = vmladavaq_p_s8(d, vldrbq_z_s8(fourth, lanes), weight, lanes);
        input += 16;
        second += 16;
        third += 16;
        fourth += 16;
        filter += 16;
    }
    return tml_vector_mve(a, b, c, d);
}

/* A filter in registers; of vectors that it does not have nothing is left. */
struct tml_filter_mve {
    int8x16_t vector[4];
};

TML_INLINE int32_t tml_sum_mve(const int8_t *input, const struct tml_filter_mve *filter,
                               struct tml_way_mve way, mve_pred16_t lanes)
{
    int32_t sum = 0;
    for (int i = 0; i < way.vectors; i++) {
        int8x16_t in = i + 1 < way.vectors || way.whole ? vldrbq_s8(input + 16 * i)
                                                        : vldrbq_z_s8(input + 16 * i, lanes);
        sum = i == 0 ? vmladavq_s8(in, filter->vector[i])
                     : vmladavaq_s8(sum, in, filter->vector[i]);
    }
    return sum;
}

TML_INLINE struct tml_filter_mve tml_load_filter_mve(const int8_t *filter, int vectors,
                                                     int32_t taps)
{
    struct tml_filter_mve loaded;
    for (int i = 0; i < vectors; i++) {
        loaded.vector[i] = vldrbq_z_s8(filter + 16 * i, vctp8q((uint32_t)(taps - 16 * i)));
    }
    return loaded;
}

/* One channel of a group; the last four pixels are taken again where they are not a multiple. */
TML_INLINE void tml_channel_mve(const struct tml_conv_2d_mve *p, struct tml_way_mve way,
                                const struct tml_channel_mve *channel, const int8_t *input,
                                int32_t pixels, int8_t *output)
{
    int32_t step = way.copied ? p->stride : p->taps;
    int32_t depth = p->output_depth;
    uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)depth);
    struct tml_filter_mve filter = tml_load_filter_mve(channel->filter, way.vectors, p->taps);
    mve_pred16_t lanes = vctp8q((uint32_t)(p->taps - 16 * (way.vectors - 1)));
    for (int32_t left = pixels; left > 0; left -= 4) {
        if (left < 4 && !way.copied) {
            input -= (4 - left) * step;
            output -= (4 - left) * depth;
        }
        int32x4_t x;
        if (way.vectors) {
            const int8_t *second = input + step, *third = second + step, *fourth = third + step;
            x = tml_vector_mve(tml_sum_mve(input, &filter, way, lanes),
                               tml_sum_mve(second, &filter, way, lanes),
                               tml_sum_mve(third, &filter, way, lanes),
                               tml_sum_mve(fourth, &filter, way, lanes));
            x = vaddq_n_s32(x, channel->bias);
            x = tml_rectify_mve(x, channel->multiplier, channel->shift, p->output.offset);
        } else {
            x = tml_sums_mve(input, step, channel->filter, p->taps, channel->bias);
            x = tml_requantize_mve(x, channel->multiplier, channel->shift);
            x = tml_clamp_mve(&p->output, x);
        }
        if (way.copied) {
            vstrbq_scatter_offset_p_s32(output, places, x, vctp32q((uint32_t)left));
        } else {
            vstrbq_scatter_offset_s32(output, places, x);
        }
        input += 4 * step;
        output += 4 * depth;
    }
}

TML_INLINE void tml_group_mve(const struct tml_conv_2d_mve *p, struct tml_way_mve way,
                              const int8_t *input, int32_t pixels, const int8_t *filter,
                              const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                              int8_t *output)
{
    for (int32_t i = 0; i < p->output_depth; i++) {
        struct tml_channel_mve channel = {filter, bias[i], *multiplier, *shift};
        tml_channel_mve(p, way, &channel, input, pixels, output + i);
        filter += p->taps;
        multiplier += p->output.channel_step;
        shift += p->output.channel_step;
    }
}

TML_INLINE int32_t tml_least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

TML_INLINE void tml_points_mve(const struct tml_conv_2d_mve *p, struct tml_way_mve way,
                               const int8_t *input, const int8_t *filter, const int32_t *bias,
                               const int32_t *multiplier, const int8_t *shift, int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t pixels = w->batches * w->output_height * w->output_width;
    for (int32_t left = pixels; left > 0; left -= p->group) {
        tml_group_mve(p, way, input, tml_least(left, p->group), filter, bias, multiplier, shift,
                      output);
        input += p->group * p->taps;
        output += p->group * p->output_depth;
    }
}

TML_INLINE void tml_windows_mve(const struct tml_conv_2d_mve *p, struct tml_way_mve way,
                                const int8_t *input, const int8_t *filter, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, int8_t *scratch,
                                int8_t *output)
{
    const struct tml_window *w = &p->window;
    for (int32_t row = 0; row < w->batches * w->output_height; row++) {
        for (int32_t column = 0; column < w->output_width; column += p->group) {
            int32_t pixels = tml_least(w->output_width - column, p->group);
            for (int32_t i = 0; i < pixels; i++) {
                tml_copy_window_mve(w, p->input_depth, p->padding, input, row, column + i,
                                    scratch + i * p->stride);
            }
            tml_group_mve(p, way, scratch, pixels, filter, bias, multiplier, shift, output);
            output += pixels * p->output_depth;
        }
    }
}

#define TML_WINDOW(name, vectors)                                                              \
    TML_DECLARE_WINDOW_MVE(name)                                                               \
    {                                                                                          \
        const struct tml_way_mve way = {vectors, 1, 1};                                        \
        tml_windows_mve(p, way, input, filter, bias, multiplier, shift, scratch, output);      \
    }

#define TML_POINT(name, vectors, whole)                                                        \
    TML_DECLARE_POINT_MVE(name)                                                                \
    {                                                                                          \
        const struct tml_way_mve way = {vectors, whole, 0};                                    \
        tml_points_mve(p, way, input, filter, bias, multiplier, shift, output);                \
    }

TML_WINDOW(window, 0)
TML_WINDOW(window_1, 1)
TML_WINDOW(window_2, 2)
TML_WINDOW(window_3, 3)
TML_WINDOW(window_4, 4)
TML_POINT(point, 0, 1)
TML_POINT(point_1, 1, 0)
TML_POINT(point_2, 2, 0)
TML_POINT(point_3, 3, 0)
TML_POINT(point_4, 4, 0)
TML_POINT(point_whole_1, 1, 1)
TML_POINT(point_whole_2, 2, 1)
TML_POINT(point_whole_3, 3, 1)
TML_POINT(point_whole_4, 4, 1)
