/* DEPTHWISE_CONV_2D, int8, 3 by 3, one filter for each channel: a channel's plane at a time.
 *
 * Of a strip of rows, each channel is expanded to 16 bits in the scratch memory, neighbours side by
 * side and padded, so that a word has two taps. */
#include "depthwise_conv_2d_planes_dsp.h"

#include "lanes_dsp.h"
#include "loops_dsp.h"
#include "requantize_dsp.h"

#define TML_WORDS_DSP 7

/* Planes that are expanded at once. */
#define TML_PLANES_DSP 4

/* Each row of weights 0, 1, 2 as pairs of halves: 0 with 1, and 1 with 2. They are doubled, as the
 * bias is, so that the sums are. */
struct tml_filter_dsp {
    int32_t weights[6];
    int32_t bias;
    struct tml_scale_dsp scale;
};

/* The rows of the input that a strip sees, of which those from `begin` to `end` exist. */
struct tml_strip_dsp {
    int32_t rows;
    int32_t begin, end;
    const int8_t *input; /* the first one that exists */
};

static struct tml_filter_dsp tml_filter_of(const int32_t *channel)
{
    struct tml_filter_dsp f = {.bias = channel[0], .scale = {channel[1], channel[2], channel[3]}};
    for (int32_t row = 0; row < 3; row++) {
        uint32_t outer = tml_double_lanes(tml_even_lanes((uint32_t)channel[4 + row]));
        uint32_t inner = tml_double_lanes(tml_odd_lanes((uint32_t)channel[4 + row]));
        f.weights[2 * row] = (int32_t)((outer & 0xFFFFu) | inner << 16);
        f.weights[2 * row + 1] = (int32_t)((outer & 0xFFFF0000u) | (inner & 0xFFFFu));
    }
    return f;
}

static void tml_clear_planes(const struct tml_depthwise_conv_2d_planes_dsp *p, int32_t rows,
                             int32_t *plane)
{
    for (int32_t *end = plane + rows * p->pitch; plane != end;) {
        *plane++ = p->padding;
    }
}

/* Copy a channel's part of a strip behind the padding. */
static TML_ALONE void tml_expand_plane(const struct tml_depthwise_conv_2d_planes_dsp *p,
                                       const struct tml_strip_dsp *strip, const int8_t *input,
                                       int16_t *plane)
{
    const int32_t width = p->window.input_width, depth = p->depth;
    const int32_t gap = 2 * p->pitch - width;
    plane += strip->begin * 2 * p->pitch + p->window.pad_left;
    for (int32_t rows = strip->end - strip->begin; rows > 0; rows--) {
        int32_t left = width;
        TML_ROLLED
        for (; left > 3; left -= 4) {
            plane[0] = input[0];
            plane[1] = input[depth];
            plane[2] = input[2 * depth];
            plane[3] = input[3 * depth];
            plane += 4;
            input += 4 * depth;
        }
        if (left > 1) {
            plane[0] = input[0];
            plane[1] = input[depth];
            plane += 2;
            input += 2 * depth;
        }
        if (left & 1) {
            *plane++ = *input;
            input += depth;
        }
        plane += gap;
    }
}

/* Two neighbours of one channel, from words that have them in their lower or upper halves. */
static inline void tml_put_two(int16_t *to, uint32_t left, uint32_t right, int upper)
{
    uint32_t two = upper ? (right & 0xFFFF0000u) | left >> 16 : right << 16 | (left & 0xFFFFu);
    __builtin_memcpy(to, &two, sizeof two);
}

/* The same for four channels, whose planes are `size` halves apart. */
static TML_ALONE void tml_expand_four(const struct tml_depthwise_conv_2d_planes_dsp *p,
                                      const struct tml_strip_dsp *strip, const int8_t *input,
                                      int16_t *plane, int32_t size)
{
    const int32_t width = p->window.input_width, depth = p->depth;
    const int32_t gap = 2 * p->pitch - width;
    plane += strip->begin * 2 * p->pitch + p->window.pad_left;
    for (int32_t rows = strip->end - strip->begin; rows > 0; rows--) {
        TML_ROLLED
        for (int32_t left = width; left > 1; left -= 2) {
            uint32_t a = tml_load_four(input), b = tml_load_four(input + depth);
            uint32_t a02 = tml_even_lanes(a), b02 = tml_even_lanes(b);
            uint32_t a13 = tml_odd_lanes(a), b13 = tml_odd_lanes(b);
            tml_put_two(plane, a02, b02, 0);
            tml_put_two(plane + size, a13, b13, 0);
            tml_put_two(plane + 2 * size, a02, b02, 1);
            tml_put_two(plane + 3 * size, a13, b13, 1);
            plane += 2;
            input += 2 * depth;
        }
        if (width & 1) {
            for (int32_t i = 0; i < TML_PLANES_DSP; i++) {
                plane[i * size] = input[i];
            }
            plane++;
            input += depth;
        }
        plane += gap;
    }
}

/* The sums of two neighbours, whose windows are a column apart. */
static inline void tml_near_sums(const struct tml_filter_dsp *f, const int32_t *plane,
                                 int32_t pitch, int32_t *one, int32_t *two)
{
    int32_t a, b, first, last;
    __asm__("ldrd %[a], %[b], [%[plane]]\n\t"
            "ldrd %[first], %[last], [%[f]]\n\t"
            "smlad %[one], %[a], %[first], %[one]\n\t"
            "smlabt %[one], %[b], %[last], %[one]\n\t"
            "smlatb %[two], %[a], %[first], %[two]\n\t"
            "smlad %[two], %[b], %[last], %[two]\n\t"
            "add %[a], %[plane], %[pitch], lsl #2\n\t"
            "ldrd %[a], %[b], [%[a]]\n\t"
            "ldrd %[first], %[last], [%[f], #8]\n\t"
            "smlad %[one], %[a], %[first], %[one]\n\t"
            "smlabt %[one], %[b], %[last], %[one]\n\t"
            "smlatb %[two], %[a], %[first], %[two]\n\t"
            "smlad %[two], %[b], %[last], %[two]\n\t"
            "add %[a], %[plane], %[pitch], lsl #3\n\t"
            "ldrd %[a], %[b], [%[a]]\n\t"
            "ldrd %[first], %[last], [%[f], #16]\n\t"
            "smlad %[one], %[a], %[first], %[one]\n\t"
            "smlabt %[one], %[b], %[last], %[one]\n\t"
            "smlatb %[two], %[a], %[first], %[two]\n\t"
            "smlad %[two], %[b], %[last], %[two]"
            : [one] "+r"(*one), [two] "+r"(*two), [a] "=&r"(a), [b] "=&r"(b),
              [first] "=&r"(first), [last] "=&r"(last)
            : [plane] "r"(plane), [pitch] "r"(pitch), [f] "r"(f)
            : "memory");
}

#define TML_FOUR_ROW(weights)                                                     \
    "ldmia %[plane], {r4, r5, r6}\n\t"                                            \
    "ldrd %[first], %[last], [%[f], #" weights "]\n\t"                            \
    "smlad %[s0], r4, %[first], %[s0]\n\t"                                        \
    "smlabt %[s0], r5, %[last], %[s0]\n\t"                                        \
    "smlatb %[s1], r4, %[first], %[s1]\n\t"                                       \
    "smlad %[s1], r5, %[last], %[s1]\n\t"                                         \
    "smlad %[s2], r5, %[first], %[s2]\n\t"                                        \
    "smlabt %[s2], r6, %[last], %[s2]\n\t"                                        \
    "smlatb %[s3], r5, %[first], %[s3]\n\t"                                       \
    "smlad %[s3], r6, %[last], %[s3]\n\t"

/* The sums of four neighbours, whose windows are a column apart each. */
static inline void tml_four_sums(const struct tml_filter_dsp *f, const int32_t *plane,
                                 int32_t pitch, int32_t *s)
{
    int32_t first, last;
    __asm__(TML_FOUR_ROW("0") "add %[plane], %[plane], %[pitch], lsl #2\n\t" TML_FOUR_ROW("8")
            "add %[plane], %[plane], %[pitch], lsl #2\n\t" TML_FOUR_ROW("16")
            : [s0] "+r"(s[0]), [s1] "+r"(s[1]), [s2] "+r"(s[2]), [s3] "+r"(s[3]),
              [first] "=&r"(first), [last] "=&r"(last), [plane] "+r"(plane)
            : [pitch] "r"(pitch), [f] "r"(f)
            : "r4", "r5", "r6", "memory");
}

/* The sums of two neighbours, whose windows are two columns apart. */
static inline void tml_far_sums(const struct tml_filter_dsp *f, const int32_t *plane,
                                int32_t pitch, int32_t *one, int32_t *two)
{
    int32_t a, b, first, last;
    __asm__("ldrd %[a], %[b], [%[plane]]\n\t"
            "ldrd %[first], %[last], [%[f]]\n\t"
            "smlad %[one], %[a], %[first], %[one]\n\t"
            "ldr %[a], [%[plane], #8]\n\t"
            "smlabt %[one], %[b], %[last], %[one]\n\t"
            "smlad %[two], %[b], %[first], %[two]\n\t"
            "smlabt %[two], %[a], %[last], %[two]\n\t"
            "add %[plane], %[plane], %[pitch], lsl #2\n\t"
            "ldrd %[a], %[b], [%[plane]]\n\t"
            "ldrd %[first], %[last], [%[f], #8]\n\t"
            "smlad %[one], %[a], %[first], %[one]\n\t"
            "ldr %[a], [%[plane], #8]\n\t"
            "smlabt %[one], %[b], %[last], %[one]\n\t"
            "smlad %[two], %[b], %[first], %[two]\n\t"
            "smlabt %[two], %[a], %[last], %[two]\n\t"
            "add %[plane], %[plane], %[pitch], lsl #2\n\t"
            "ldrd %[a], %[b], [%[plane]]\n\t"
            "ldrd %[first], %[last], [%[f], #16]\n\t"
            "smlad %[one], %[a], %[first], %[one]\n\t"
            "ldr %[a], [%[plane], #8]\n\t"
            "smlabt %[one], %[b], %[last], %[one]\n\t"
            "smlad %[two], %[b], %[first], %[two]\n\t"
            "smlabt %[two], %[a], %[last], %[two]"
            : [one] "+r"(*one), [two] "+r"(*two), [a] "=&r"(a), [b] "=&r"(b),
              [first] "=&r"(first), [last] "=&r"(last), [plane] "+r"(plane)
            : [pitch] "r"(pitch), [f] "r"(f)
            : "memory");
}

static inline void tml_sums(const struct tml_filter_dsp *f, const int32_t *plane, int32_t pitch,
                            int32_t stride, int32_t *one, int32_t *two)
{
    *one = *two = f->bias;
    if (stride == 1) {
        tml_near_sums(f, plane, pitch, one, two);
    } else {
        tml_far_sums(f, plane, pitch, one, two);
    }
}

/* Two pixels at a time; of the last two of an odd row, one is not kept. */
static TML_EACH void tml_filter_rows(const struct tml_depthwise_conv_2d_planes_dsp *p,
                                   const struct tml_filter_dsp *f, const int32_t *plane,
                                   int32_t rows, int32_t stride, int32_t ties, int8_t *output)
{
    const int32_t depth = p->depth, pitch = p->pitch, width = p->window.output_width;
    const int32_t gap = stride * (pitch - width / 2);
    int32_t one, two;
    for (; rows > 0; rows--) {
        int32_t left = width;
        if (stride == 1) {
            TML_ROLLED
            for (; left > 3; left -= 4) {
                int32_t s[4] = {f->bias, f->bias, f->bias, f->bias};
                tml_four_sums(f, plane, pitch, s);
                plane += 2;
                const struct tml_scale_dsp scale = f->scale;
                for (int32_t i = 0; i < 4; i++, output += depth) {
                    *output = tml_rescale(scale, s[i], ties);
                }
            }
        }
        TML_ROLLED
        for (; left > 1; left -= 2) {
            tml_sums(f, plane, pitch, stride, &one, &two);
            plane += stride;
            const struct tml_scale_dsp scale = f->scale;
            *output = tml_rescale(scale, one, ties);
            output += depth;
            *output = tml_rescale(scale, two, ties);
            output += depth;
        }
        if (width & 1) {
            tml_sums(f, plane, pitch, stride, &one, &two);
            *output = tml_rescale(f->scale, one, ties);
            output += depth;
        }
        plane += gap;
    }
}

static TML_ALONE void tml_filter_plane(const struct tml_depthwise_conv_2d_planes_dsp *p,
                                       const struct tml_filter_dsp *f, const int32_t *plane,
                                       int32_t rows, int8_t *output)
{
    if (p->window.stride_width == 2) {
        tml_filter_rows(p, f, plane, rows, 2, 1, output);
    } else if (p->ties) {
        tml_filter_rows(p, f, plane, rows, 1, 1, output);
    } else {
        tml_filter_rows(p, f, plane, rows, 1, 0, output);
    }
}

static void tml_planes_strip(const struct tml_depthwise_conv_2d_planes_dsp *p, const int8_t *image,
                             const int32_t *channel, int32_t row, int32_t rows, int32_t *scratch,
                             int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t y = row * w->stride_height - w->pad_top;
    struct tml_strip_dsp strip = {.rows = (rows - 1) * w->stride_height + w->height};
    int32_t behind = w->input_height - y;
    strip.begin = y < 0 ? -y : 0;
    strip.end = behind < strip.rows ? behind : strip.rows;
    image += (y + strip.begin) * w->input_width * p->depth;
    const int32_t size = strip.rows * p->pitch;
    tml_clear_planes(p, p->planes * strip.rows, scratch);
    for (int32_t i = 0; i < p->depth;) {
        int32_t planes = 1;
        if (p->depth - i >= TML_PLANES_DSP && p->planes == TML_PLANES_DSP) {
            planes = TML_PLANES_DSP;
            tml_expand_four(p, &strip, image + i, (int16_t *)scratch, 2 * size);
        } else {
            tml_expand_plane(p, &strip, image + i, (int16_t *)scratch);
        }
        for (int32_t j = 0; j < planes; j++, i++, channel += TML_WORDS_DSP) {
            const struct tml_filter_dsp filter = tml_filter_of(channel);
            tml_filter_plane(p, &filter, scratch + j * size, rows, output + i);
        }
    }
}

void tml_depthwise_conv_2d_planes_dsp(const struct tml_depthwise_conv_2d_planes_dsp *p,
                                      const int8_t *input, const int32_t *channels,
                                      int32_t *scratch, int8_t *output)
{
    const struct tml_window *w = &p->window;
    for (int32_t batch = 0; batch < w->batches; batch++) {
        for (int32_t row = 0; row < w->output_height; row += p->rows) {
            int32_t left = w->output_height - row;
            int32_t rows = left < p->rows ? left : p->rows;
            tml_planes_strip(p, input, channels, row, rows, scratch, output);
            output += rows * w->output_width * p->depth;
        }
        input += w->input_height * w->input_width * p->depth;
    }
}
