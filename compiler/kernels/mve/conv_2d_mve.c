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

/* What is done with sums: all that may be asked for, or what a layer without activation takes,
 * or one with RELU from -128 on. */
enum tml_finish_mve { TML_CLAMPED, TML_FULL, TML_RECTIFIED };

/* Which of the ways to multiply is taken; known where this is compiled. */
struct tml_way_mve {
    int vectors; /* of a filter, in registers; 0: any number, from memory */
    int whole;   /* whether all lanes of the last one may be read */
    int packed;  /* whether they are a pixel's own, so that the next one's follow */
    int copied;
    int halves; /* whether two pixels are a vector */
    enum tml_finish_mve finish;
};

TML_INLINE int32x4_t tml_finish_mve(const struct tml_output_mve *p, int32x4_t x,
                                    const struct tml_channel_mve *channel,
                                    enum tml_finish_mve finish)
{
    if (finish == TML_RECTIFIED) {
        return tml_rectify_mve(x, channel->multiplier, channel->shift);
    }
    x = tml_requantize_mve(x, channel->multiplier, channel->shift);
    return finish == TML_FULL ? tml_narrow_mve(x, p->offset) : tml_clamp_mve(p, x);
}

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
    int32_t left = taps;
    do {
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
        left -= 16;
    } while (left > 0);
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
                                                     mve_pred16_t lanes)
{
    struct tml_filter_mve loaded;
    for (int i = 0; i + 1 < vectors; i++) {
        loaded.vector[i] = vldrbq_s8(filter + 16 * i);
    }
    if (vectors) {
        loaded.vector[vectors - 1] = vldrbq_z_s8(filter + 16 * (vectors - 1), lanes);
    }
    return loaded;
}

/* A filter of 8 bytes, for either half of a vector. The upper one is gathered: of lanes that are
 * read one by one, clang 22 makes no code for cores that have no floating point. */
TML_INLINE struct tml_filter_mve tml_load_halves_mve(const int8_t *filter)
{
    const uint8x16_t places = vsubq_n_u8(vidupq_n_u8(0, 1), 8);
    const mve_pred16_t lower = vctp8q(8);
    struct tml_filter_mve loaded = {
        {vldrbq_z_s8(filter, lower), vldrbq_gather_offset_z_s8(filter, places, vpnot(lower))}};
    return loaded;
}

/* The sums of four pixels, as far as filters are in registers. */
TML_INLINE int32x4_t tml_sums_of_mve(const int8_t *input, int32_t step,
                                     const struct tml_filter_mve *filter, struct tml_way_mve way,
                                     mve_pred16_t lanes)
{
    int32_t sums[4];
    for (int i = 0; i < 4; i++) {
        if (way.halves) {
            sums[i] = vmladavq_s8(vldrbq_s8(input + 16 * (i / 2)), filter->vector[i % 2]);
        } else {
            sums[i] = tml_sum_mve(input, filter, way, lanes);
            input += step;
        }
    }
    return tml_vector_mve(sums[0], sums[1], sums[2], sums[3]);
}

/* One channel of a group. Where its pixels are no multiple of four the last four are taken, some
 * of them again. */
TML_INLINE void tml_channel_mve(const struct tml_conv_2d_mve *p, struct tml_way_mve way,
                                const struct tml_channel_mve *channel, const int8_t *input,
                                int32_t pixels, int8_t *output)
{
    int32_t step = way.halves ? 8 : way.packed ? 16 * way.vectors : way.copied ? p->stride : p->taps;
    int32_t depth = p->output_depth;
    uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)depth);
    mve_pred16_t lanes = vctp8q((uint32_t)(p->taps - 16 * (way.vectors - 1)));
    struct tml_filter_mve filter =
        way.halves ? tml_load_halves_mve(channel->filter)
                   : tml_load_filter_mve(channel->filter, way.vectors, lanes);
    int32_t fours = pixels >> 2, rest = pixels & 3;
    for (;;) {
        for (; fours > 0; fours--) {
            int32x4_t x;
            if (way.vectors) {
                x = tml_sums_of_mve(input, step, &filter, way, lanes);
                x = vaddq_n_s32(x, channel->bias);
            } else {
                x = tml_sums_mve(input, step, channel->filter, p->taps, channel->bias);
            }
            input += 4 * step;
            x = tml_finish_mve(&p->output, x, channel, way.finish);
            vstrbq_scatter_offset_s32(output, places, x);
            output += 4 * depth;
        }
        if (rest == 0) {
            return;
        }
        input -= (4 - rest) * step;
        output -= (4 - rest) * depth;
        fours = 1;
        rest = 0;
    }
}

TML_INLINE void tml_group_mve(const struct tml_conv_2d_mve *p, struct tml_way_mve way,
                              const int8_t *input, int32_t pixels, const int8_t *filter,
                              const int32_t *bias, const int32_t *multiplier, const int8_t *shift,
                              int8_t *output)
{
    const int32_t taps = p->taps, step = p->output.channel_step;
    for (int32_t left = p->output_depth; left > 0; left--) {
        struct tml_channel_mve channel = {filter, *bias++, *multiplier, *shift};
        tml_channel_mve(p, way, &channel, input, pixels, output++);
        filter += taps;
        multiplier += step;
        shift += step;
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
    /* All but the last group may read bytes of the next pixels, which count as nothing. */
    const struct tml_way_mve before = {way.vectors, 1, 0, 0, 0, way.finish};
    for (int32_t left = pixels; left > 0; left -= p->group) {
        if (way.vectors && !way.whole && left > p->group + 16) {
            tml_group_mve(p, before, input, p->group, filter, bias, multiplier, shift, output);
        } else {
            tml_group_mve(p, way, input, tml_least(left, p->group), filter, bias, multiplier,
                          shift, output);
        }
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
    struct tml_walk_mve at = tml_begin_walk_mve(w, input);
    int32_t pixels = w->batches * w->output_height * w->output_width;
    for (int32_t left = pixels; left > 0; left -= p->group) {
        int32_t group = tml_least(left, p->group);
        tml_copy_windows_mve(w, p->input_depth, p->padding, &at, group, scratch, p->stride);
        tml_group_mve(p, way, scratch, group, filter, bias, multiplier, shift, output);
        output += group * p->output_depth;
    }
}

#define TML_WINDOW(name, vectors, finish)                                                      \
    TML_DECLARE_WINDOW_MVE(name)                                                               \
    {                                                                                          \
        const struct tml_way_mve way = {vectors, 1, (vectors) > 0, 1, 0, finish};                                \
        tml_windows_mve(p, way, input, filter, bias, multiplier, shift, scratch, output);      \
    }

#define TML_POINT(name, vectors, whole, finish)                                                \
    TML_DECLARE_POINT_MVE(name)                                                                \
    {                                                                                          \
        const struct tml_way_mve way = {vectors, whole, (whole) && (vectors) > 0, 0, 0, finish};                            \
        tml_points_mve(p, way, input, filter, bias, multiplier, shift, output);                \
    }

TML_DECLARE_POINT_MVE(point_halves)
{
    const struct tml_way_mve way = {1, 1, 1, 0, 1, TML_RECTIFIED};
    tml_points_mve(p, way, input, filter, bias, multiplier, shift, output);
}

TML_WINDOW(window, 0, TML_CLAMPED)
TML_WINDOW(window_full, 0, TML_FULL)
TML_WINDOW(window_rectified, 0, TML_RECTIFIED)
TML_WINDOW(window_1, 1, TML_RECTIFIED)
TML_WINDOW(window_2, 2, TML_RECTIFIED)
TML_WINDOW(window_3, 3, TML_RECTIFIED)
TML_WINDOW(window_4, 4, TML_RECTIFIED)
TML_POINT(point, 0, 1, TML_CLAMPED)
TML_POINT(point_full, 0, 1, TML_FULL)
TML_POINT(point_rectified, 0, 1, TML_RECTIFIED)
TML_POINT(point_1, 1, 0, TML_RECTIFIED)
TML_POINT(point_2, 2, 0, TML_RECTIFIED)
TML_POINT(point_3, 3, 0, TML_RECTIFIED)
TML_POINT(point_4, 4, 0, TML_RECTIFIED)
TML_POINT(point_whole_1, 1, 1, TML_RECTIFIED)
TML_POINT(point_whole_2, 2, 1, TML_RECTIFIED)
TML_POINT(point_whole_3, 3, 1, TML_RECTIFIED)
TML_POINT(point_whole_4, 4, 1, TML_RECTIFIED)
