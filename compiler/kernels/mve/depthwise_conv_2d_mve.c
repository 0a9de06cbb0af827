/* DEPTHWISE_CONV_2D, int8, four channels of one pixel at a time.
 *
 * The rows under a row of windows lie in scratch memory channel by channel, their columns one
 * behind the other, so that all taps of a window are neighbours: one vector, one VMLADAV.
 * Of these rows each is a slot of every column, and gives way to the one that is `height`
 * below: filters are gathered in the order in which slots then are. */
#include "depthwise_conv_2d_mve.h"

#define TML_INLINE static inline __attribute__((always_inline))

#define TML_TAPS 16

/* Where each slot's weight is, of four filters that follow each other. */
struct tml_order_mve {
    uint8x16_t filter[4];
};

TML_INLINE struct tml_order_mve tml_order_of(const struct tml_window *w, int32_t first)
{
    int32_t taps = w->height * w->width;
    uint8_t places[TML_TAPS];
    for (int32_t row = 0; row < w->height; row++) {
        int32_t slot = (first + row) % w->height;
        for (int32_t tap = 0; tap < taps; tap += w->height) {
            places[tap + slot] = (uint8_t)(tap + row);
        }
    }
    /* What is behind the taps has the zero. */
    mve_pred16_t used = vctp8q((uint32_t)taps);
    uint8x16_t place = vldrbq_z_u8(places, used), zero = vdupq_n_u8((uint8_t)(4 * taps));
    struct tml_order_mve order;
    for (int i = 0; i < 4; i++) {
        order.filter[i] = vpselq_u8(vaddq_n_u8(place, (uint8_t)(i * taps)), zero, used);
    }
    return order;
}

/* Spreads a row's pixels to their channels; all are `padding` where there is no row. */
static void tml_spread_row(const struct tml_depthwise_conv_2d_mve *p, const int8_t *row,
                           int8_t *slot)
{
    const struct tml_window *w = &p->window;
    int32_t plane = p->columns * w->height;
    uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)plane);
    int32_t last = p->columns - w->pad_left;
    last = last < w->input_width ? last : w->input_width;
    slot += w->pad_left * w->height;
    for (int32_t column = 0; column < last; column++) {
        int8_t *to = slot;
        const int8_t *from = row;
        for (int32_t left = p->depth; left > 0; left -= 8) {
            int16x8_t x = vdupq_n_s16((int16_t)p->padding);
            if (row) {
                x = vldrbq_z_s16(from, vctp16q((uint32_t)left));
                from += 8;
            }
            vstrbq_scatter_offset_s16(to, places, x);
            to += 8 * plane;
        }
        slot += w->height;
        row = row ? row + p->depth : row;
    }
}

TML_INLINE int32x4_t tml_four_sums(const int8_t *in, int32_t plane, const int8_t *filter,
                                   const struct tml_order_mve *order)
{
    int32x4_t sums = vdupq_n_s32(0);
    for (int i = 0; i < 4; i++) {
        int8x16_t weight = vldrbq_gather_offset_s8(filter, order->filter[i]);
        sums[i] = vmladavq_s8(vldrbq_s8(in), weight);
        in += plane;
    }
    return sums;
}

TML_INLINE int32x4_t tml_output(const struct tml_output_mve *p, int32x4_t x, const int32_t *bias,
                                const int32_t *multiplier, const int8_t *shift, int rectified)
{
    x = vaddq_s32(x, vldrwq_s32(bias));
    if (!rectified) {
        x = tml_requantize_each_mve(x, vldrwq_s32(multiplier), vldrbq_s32(shift));
        return tml_clamp_mve(p, x);
    }
    x = vrshlq_s32(vqrdmulhq_s32(x, vldrwq_s32(multiplier)), vldrbq_s32(shift));
    int16x8_t narrow = vqmovnbq_s32(vreinterpretq_s16_s32(x), x);
    narrow = vqaddq_n_s16(narrow, (int16_t)p->offset);
    return vreinterpretq_s32_s8(vqmovnbq_s16(vreinterpretq_s8_s16(narrow), narrow));
}

TML_INLINE void tml_pixel(const struct tml_depthwise_conv_2d_mve *p,
                          const struct tml_order_mve *order, const int8_t *in,
                          const int8_t *filter, const int32_t *bias, const int32_t *multiplier,
                          const int8_t *shift, int8_t *output, int rectified)
{
    int32_t plane = p->columns * p->window.height;
    int32_t filters = 4 * p->window.height * p->window.width + 1;
    for (int32_t left = p->depth; left > 0; left -= 4) {
        int32x4_t x = tml_four_sums(in, plane, filter, order);
        x = tml_output(&p->output, x, bias, multiplier, shift, rectified);
        if (left < 4) {
            vstrbq_p_s32(output, x, vctp32q((uint32_t)left));
        } else {
            vstrbq_s32(output, x);
        }
        in += 4 * plane;
        filter += filters;
        bias += 4;
        multiplier += 4;
        shift += 4;
        output += 4;
    }
}

static void tml_fill_planes(const struct tml_depthwise_conv_2d_mve *p, int8_t *scratch)
{
    int32_t size = p->columns * p->window.height * ((p->depth + 7) & ~7);
    for (int32_t left = size; left > 0; left -= 16) {
        vstrbq_p_s8(scratch, vdupq_n_s8((int8_t)p->padding), vctp8q((uint32_t)left));
        scratch += 16;
    }
}

TML_INLINE void tml_depthwise(const struct tml_depthwise_conv_2d_mve *p, const int8_t *input,
                              const int8_t *filter, const int32_t *bias,
                              const int32_t *multiplier, const int8_t *shift, int8_t *scratch,
                              int8_t *output, int rectified)
{
    const struct tml_window *w = &p->window;
    int32_t row_size = w->input_width * p->depth;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        tml_fill_planes(p, scratch);
        int32_t next = 0; /* the row to spread next, counted from the padding above */
        for (int32_t row = 0; row < w->output_height; row++) {
            int32_t first = row * w->stride_height;
            struct tml_order_mve order = tml_order_of(w, first);
            for (next = next < first ? first : next; next < first + w->height; next++) {
                int32_t y = next - w->pad_top;
                int inside = y >= 0 && y < w->input_height;
                tml_spread_row(p, inside ? input + y * row_size : 0, scratch + next % w->height);
            }
            for (int32_t column = 0; column < w->output_width; column++) {
                tml_pixel(p, &order, scratch + column * w->stride_width * w->height, filter, bias,
                          multiplier, shift, output, rectified);
                output += p->depth;
            }
        }
        input += w->input_height * row_size;
    }
}

TML_DECLARE_DEPTHWISE_MVE()
{
    tml_depthwise(p, input, filter, bias, multiplier, shift, scratch, output, 0);
}

TML_DECLARE_DEPTHWISE_MVE(_rectified)
{
    tml_depthwise(p, input, filter, bias, multiplier, shift, scratch, output, 1);
}
