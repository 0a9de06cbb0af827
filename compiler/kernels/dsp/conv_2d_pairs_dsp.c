/* CONV_2D, int8: two pixels, expanded to 16 bits, times two channels at a time. */
#include "conv_2d_pairs_dsp.h"

#include "lanes_dsp.h"
#include "loops_dsp.h"
#include "requantize_dsp.h"

/* Expand a patch into every other two words of `to`: elements 0 and 2, 1 and 3 of each four. */
static void tml_expand(const int8_t *patch, int32_t size, int32_t *to)
{
    TML_ROLLED
    for (const int8_t *end = patch + size; patch != end; patch += 4) {
        uint32_t word = tml_load_four(patch);
        to[0] = (int32_t)tml_even_lanes(word);
        to[1] = (int32_t)tml_odd_lanes(word);
        to += 4;
    }
}

/* Twice the sums of two pixels, x and y, with a pair of channels. */
struct tml_square {
    int32_t x_even, x_odd, y_even, y_odd;
};

#define TML_SQUARE_STEP                              \
    "ldmia %[in]!, {r3, r4, r5, r6}\n\t"             \
    "ldrd %[first], %[second], [%[weights]], #8\n\t" \
    "smlad %[x_even], r3, %[first], %[x_even]\n\t"   \
    "smlad %[y_even], r5, %[first], %[y_even]\n\t"   \
    "smlad %[x_even], r4, %[second], %[x_even]\n\t"  \
    "smlad %[y_even], r6, %[second], %[y_even]\n\t"  \
    "ldrd %[first], %[second], [%[weights]], #8\n\t" \
    "smlad %[x_odd], r3, %[first], %[x_odd]\n\t"     \
    "smlad %[y_odd], r5, %[first], %[y_odd]\n\t"     \
    "smlad %[x_odd], r4, %[second], %[x_odd]\n\t"    \
    "smlad %[y_odd], r6, %[second], %[y_odd]\n\t"

static inline const int32_t *tml_square_products(const int32_t *in, const int32_t *end,
                                                 const int32_t *weights, struct tml_square *s)
{
    uint32_t first, second;
    __asm__("sub %[first], %[end], %[in]\n\t"
            "tst %[first], #16\n\t"
            "beq 1f\n\t" TML_SQUARE_STEP "cmp %[in], %[end]\n\t"
            "beq 2f\n"
            "1:\n\t" TML_SQUARE_STEP TML_SQUARE_STEP "cmp %[in], %[end]\n\t"
            "bne 1b\n"
            "2:"
            : [in] "+r"(in), [weights] "+r"(weights), [x_even] "+r"(s->x_even),
              [x_odd] "+r"(s->x_odd), [y_even] "+r"(s->y_even), [y_odd] "+r"(s->y_odd),
              [first] "=&r"(first), [second] "=&r"(second)
            : [end] "r"(end)
            : "r3", "r4", "r5", "r6", "cc", "memory");
    return weights;
}

/* Where the outputs of two pixels go. */
struct tml_places {
    int8_t *x;
    int32_t apart;
};

/* Write what twice the sums x and y come to; return what is behind the scale. tml_rescale, with one
 * load for both. */
static inline const int32_t *tml_store_two(const int32_t *scale, int32_t x, int32_t y,
                                           struct tml_places *to, int32_t ties)
{
    if (ties) {
        int32_t x_tie = x >> 31, y_tie = y >> 31;
        __asm__("ldmia %[scale]!, {r3, r4, r5}\n\t"
                "add %[y_tie], %[y_tie], r4\n\t"
                "add %[x_tie], %[x_tie], r4\n\t"
                "smmlar %[y], %[y], r3, %[y_tie]\n\t"
                "smmlar %[x], %[x], r3, %[x_tie]\n\t"
                "asr %[y], %[y], r5\n\t"
                "asr %[x], %[x], r5"
                : [scale] "+r"(scale), [x] "+r"(x), [y] "+r"(y), [x_tie] "+r"(x_tie),
                  [y_tie] "+r"(y_tie)
                :
                : "r3", "r4", "r5", "memory");
    } else {
        __asm__("ldmia %[scale]!, {r3, r4, r5}\n\t"
                "smmlar %[y], %[y], r3, r4\n\t"
                "smmlar %[x], %[x], r3, r4\n\t"
                "asr %[y], %[y], r5\n\t"
                "asr %[x], %[x], r5"
                : [scale] "+r"(scale), [x] "+r"(x), [y] "+r"(y)
                :
                : "r3", "r4", "r5", "memory");
    }
    to->x[to->apart] = tml_saturate(y);
    *to->x++ = tml_saturate(x);
    return scale;
}

/* All channels of two pixels, the second one `apart` bytes behind the first. */
static TML_EACH void tml_two_pixels(int32_t left, const int32_t *pair, const int32_t *in,
                                    const int32_t *end, int8_t *output, int32_t apart,
                                    int32_t ties)
{
    struct tml_places to = {output, apart};
    for (;;) {
        struct tml_square s = {pair[0], pair[1], pair[0], pair[1]};
        pair = tml_square_products(in, end, pair + 2, &s);
        pair = tml_store_two(pair, s.x_even, s.y_even, &to, ties);
        if (left == 1) {
            return;
        }
        pair = tml_store_two(pair, s.x_odd, s.y_odd, &to, ties);
        left -= 2;
        if (left == 0) {
            return;
        }
    }
}

static TML_ALONE void tml_two_signed(int32_t count, const int32_t *pair,
                                     const int32_t *in, const int32_t *end, int8_t *output,
                                     int32_t apart)
{
    tml_two_pixels(count, pair, in, end, output, apart, 1);
}

static TML_ALONE void tml_two_positive(int32_t count, const int32_t *pair,
                                       const int32_t *in, const int32_t *end, int8_t *output,
                                       int32_t apart)
{
    tml_two_pixels(count, pair, in, end, output, apart, 0);
}

/* Return the next patch, which is the next pixel where patches are direct. */
static inline const int8_t *tml_next(const struct tml_patch_dsp *p, struct tml_walk_dsp *walk,
                                     int8_t *copy)
{
    if (!p->direct) {
        return tml_next_patch(p, walk, copy);
    }
    const int8_t *patch = walk->image;
    walk->image += p->size;
    return patch;
}

void tml_conv_2d_pairs_dsp(const struct tml_conv_2d_pairs_dsp *p, const int8_t *input,
                           const int32_t *pairs, int8_t *output, int32_t *scratch)
{
    const int32_t count = p->count, size = p->patch.size;
    struct tml_walk_dsp walk = tml_walk_start(&p->patch.window, input);
    int32_t *const end = scratch + size;
    int8_t *const copy = (int8_t *)end;
    for (int32_t left = p->pixels; left > 0; left -= 2) {
        const int8_t *patch = tml_next(&p->patch, &walk, copy);
        tml_expand(patch, size, scratch);
        if (left > 1) {
            patch = tml_next(&p->patch, &walk, copy);
        }
        tml_expand(patch, size, scratch + 2);
        /* A last pixel alone is computed twice, to one place. */
        int32_t apart = left > 1 ? count : 0;
        if (p->ties) {
            tml_two_signed(count, pairs, scratch, end, output, apart);
        } else {
            tml_two_positive(count, pairs, scratch, end, output, apart);
        }
        output += 2 * count;
    }
}
