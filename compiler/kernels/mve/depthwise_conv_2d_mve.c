/* DEPTHWISE_CONV_2D, int8, four channels of a row at a time.
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

/* Spreads a pixel's channels to their planes. */
TML_INLINE void tml_spread(const int8_t *from, int32_t depth, int8_t *to, int32_t plane,
                           uint16x8_t places)
{
    for (int32_t left = depth; left > 0; left -= 8) {
        mve_pred16_t lanes = vctp16q((uint32_t)left);
        vstrbq_scatter_offset_p_s16(to, places, vldrbq_z_s16(from, lanes), lanes);
        from += 8;
        to += 8 * plane;
    }
}

/* Spreads a row's pixels, or padding where there is no row, into a slot of each column. */
static void tml_spread_row(const struct tml_depthwise_conv_2d_mve *p, const int8_t *row,
                           int8_t *slot)
{
    const struct tml_window *w = &p->window;
    int32_t plane = p->columns * w->height;
    uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)plane);
    if (!row) {
        for (int32_t i = p->columns * p->depth; i > 0; i--) {
            *slot = (int8_t)p->padding;
            slot += w->height;
        }
        return;
    }
    int32_t last = p->columns - w->pad_left;
    last = last < w->input_width ? last : w->input_width;
    slot += w->pad_left * w->height;
    for (int32_t column = 0; column < last; column++) {
        tml_spread(row, p->depth, slot, plane, places);
        slot += w->height;
        row += p->depth;
    }
}

/* Steps through memory that are the same for all of an image. */
struct tml_steps_mve {
    int32_t plane;   /* from a channel to the next */
    int32_t column;  /* from a window to the next */
    int32_t filters; /* from four filters to the next */
};

/* Where four channels of a row are, and what they are computed with. */
struct tml_fours_mve {
    const int8_t *in, *filter;
    const int32_t *numbers;
};

/* A row of `columns` pixels of four channels, or as many as `stored` has. */
TML_INLINE void tml_four_mve(const struct tml_output_mve *p, const struct tml_steps_mve *steps,
                             const struct tml_fours_mve *at, const struct tml_order_mve *order,
                             int32_t columns, int32_t depth, int8_t *output, mve_pred16_t stored,
                             int all, int rectified)
{
    int8x16_t weight[4];
    for (int i = 0; i < 4; i++) {
        weight[i] = vldrbq_gather_offset_s8(at->filter, order->filter[i]);
    }
    const int32_t plane = steps->plane, column = steps->column;
    const int32_t *numbers = at->numbers;
    int32x4_t bias = vldrwq_s32(numbers), multiplier = vldrwq_s32(numbers + 4);
    int32x4_t shift = vldrwq_s32(numbers + 8);
    const int8_t *in = at->in;
    for (; columns > 0; columns--) {
        const int8_t *second = in + plane, *third = second + plane, *fourth = third + plane;
        int32x4_t x = {
            vmladavq_s8(vldrbq_s8(in), weight[0]),
            vmladavq_s8(vldrbq_s8(second), weight[1]),
            vmladavq_s8(vldrbq_s8(third), weight[2]),
            vmladavq_s8(vldrbq_s8(fourth), weight[3]),
        };
        x = vaddq_s32(x, bias);
        if (rectified) {
            x = vrshlq_s32(vqrdmulhq_s32(x, multiplier), shift);
            x = tml_narrow_mve(x, INT8_MIN);
        } else {
            x = tml_requantize_each_mve(x, multiplier, shift);
            x = tml_clamp_mve(p, x);
        }
        if (all) {
            vstrbq_s32(output, x);
        } else {
            vstrbq_p_s32(output, x, stored);
        }
        in += column;
        output += depth;
    }
}

TML_INLINE void tml_row(const struct tml_output_mve *p, const struct tml_steps_mve *steps,
                        const struct tml_order_mve *order, struct tml_fours_mve at,
                        int32_t columns, int32_t depth, int8_t *output, int rectified)
{
    int32_t left = depth;
    for (; left >= 4; left -= 4) {
        tml_four_mve(p, steps, &at, order, columns, depth, output, 0, 1, rectified);
        at.in += 4 * steps->plane;
        at.filter += steps->filters;
        at.numbers += 12;
        output += 4;
    }
    if (left > 0) {
        tml_four_mve(p, steps, &at, order, columns, depth, output, vctp32q((uint32_t)left), 0,
                     rectified);
    }
}

/* Apart, so that nothing else asks for registers. */
#define TML_ROW(name, rectified)                                                               \
    static __attribute__((noinline)) void name(                                                \
        const struct tml_output_mve *p, const struct tml_steps_mve *steps,                     \
        const struct tml_order_mve *order, const struct tml_fours_mve *first, int32_t columns, \
        int32_t depth, int8_t *output)                                                         \
    {                                                                                          \
        tml_row(p, steps, order, *first, columns, depth, output, rectified);                   \
    }

TML_ROW(tml_row_clamped, 0)
TML_ROW(tml_row_rectified, 1)

static void tml_fill_planes(const struct tml_depthwise_conv_2d_mve *p, int8_t *scratch)
{
    int32_t size = p->columns * p->window.height * p->depth;
    for (int32_t left = size; left > 0; left -= 16) {
        vstrbq_p_s8(scratch, vdupq_n_s8((int8_t)p->padding), vctp8q((uint32_t)left));
        scratch += 16;
    }
}

TML_INLINE void tml_depthwise(const struct tml_depthwise_conv_2d_mve *p, const int8_t *input,
                              const int8_t *filter, const int32_t *numbers, int8_t *scratch,
                              int8_t *output, int rectified)
{
    const struct tml_window *w = &p->window;
    const struct tml_steps_mve steps = {
        p->columns * w->height, w->stride_width * w->height, 4 * w->height * w->width + 1};
    const struct tml_fours_mve at = {scratch, filter, numbers};
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
            if (rectified) {
                tml_row_rectified(&p->output, &steps, &order, &at, w->output_width, p->depth, output);
            } else {
                tml_row_clamped(&p->output, &steps, &order, &at, w->output_width, p->depth, output);
            }
            output += w->output_width * p->depth;
        }
        input += w->input_height * row_size;
    }
}

TML_DECLARE_DEPTHWISE_MVE()
{
    tml_depthwise(p, input, filter, numbers, scratch, output, 0);
}

TML_DECLARE_DEPTHWISE_MVE(_rectified)
{
    tml_depthwise(p, input, filter, numbers, scratch, output, 1);
}
