/* Two convolutions, int8: the second one's rows are computed as soon as the first has made
 * what they read, which is all that is kept of it. */
#include "layer_pair.h"

#include <string.h>

#include "depthwise_conv_2d.h"

struct tml_layer {
    const struct tml_conv_2d *parameters;
    int32_t depthwise;
    const int8_t *filter;
    const int32_t *bias, *multiplier;
    const int8_t *shift;
};

/* One row of a layer's output, from input rows of which the first is row `top` of the window's.
 * Each in a function of its own: their parameters never lie on the stack together. */
__attribute__((noinline)) static void tml_layer_row_conv(const struct tml_layer *layer, int32_t top,
                                                         int32_t input_height, const int8_t *input,
                                                         int8_t *output)
{
    struct tml_conv_2d row = *layer->parameters;
    row.window.output_height = 1;
    row.window.input_height = input_height;
    row.window.pad_top = -top;
    tml_conv_2d(&row, input, layer->filter, layer->bias, layer->multiplier, layer->shift, output);
}

__attribute__((noinline)) static void tml_layer_row_depthwise(const struct tml_layer *layer,
                                                              int32_t top, int32_t input_height,
                                                              const int8_t *input, int8_t *output)
{
    const struct tml_conv_2d *p = layer->parameters;
    struct tml_depthwise_conv_2d row = {
        .window = p->window,
        .input_depth = p->input_depth,
        .depth_multiplier = p->output_depth / p->input_depth,
        .input_offset = p->input_offset,
        .output_offset = p->output_offset,
        .activation_min = p->activation_min,
        .activation_max = p->activation_max,
        .channel_step = p->channel_step,
    };
    row.window.output_height = 1;
    row.window.input_height = input_height;
    row.window.pad_top = -top;
    tml_depthwise_conv_2d(&row, input, layer->filter, layer->bias, layer->multiplier, layer->shift,
                          output);
}

static void tml_layer_row(const struct tml_layer *layer, int32_t top, int32_t input_height,
                          const int8_t *input, int8_t *output)
{
    if (layer->depthwise) {
        tml_layer_row_depthwise(layer, top, input_height, input, output);
    } else {
        tml_layer_row_conv(layer, top, input_height, input, output);
    }
}

static int32_t tml_within(int32_t x, int32_t limit)
{
    return x < 0 ? 0 : x > limit ? limit : x;
}

void tml_layer_pair(const struct tml_layer_pair *p, const int8_t *input, TML_LAYER_CONSTANTS(1),
                    TML_LAYER_CONSTANTS(2), int8_t *lines, int8_t *output)
{
    const struct tml_window *one = &p->first.window, *two = &p->second.window;
    const struct tml_layer first = {&p->first,  p->first_depthwise, filter_1,
                                    bias_1,     multiplier_1,       shift_1};
    const struct tml_layer second = {&p->second, p->second_depthwise, filter_2,
                                     bias_2,     multiplier_2,        shift_2};
    int32_t line = one->output_width * p->first.output_depth;
    int32_t output_row = two->output_width * p->second.output_depth;
    int32_t reach = (two->height - 1) * two->dilation_height + 1;
    int32_t begin = 0, end = 0; /* the rows between the layers that are in `lines` */
    for (int32_t row = 0, top = -two->pad_top; row < two->output_height;
         row++, top += two->stride_height) {
        int32_t from = tml_within(top, one->output_height);
        int32_t to = tml_within(top + reach, one->output_height);
        if (from >= end) {
            begin = end = from;
        } else if (from > begin) {
            memmove(lines, lines + (from - begin) * line, (size_t)((end - from) * line));
            begin = from;
        }
        for (; end < to; end++) {
            tml_layer_row(&first, end * one->stride_height - one->pad_top, one->input_height,
                          input, lines + (end - begin) * line);
        }
        tml_layer_row(&second, top - begin, end - begin, lines, output);
        output += output_row;
    }
}
