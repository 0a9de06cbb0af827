/* DEPTHWISE_CONV_2D, int8, three by three: two rows at a time, channel after channel. */
#include "depthwise_3x3_narrow.h"

#include "planes_narrow.h"

static void tml_find_rows(const struct tml_depthwise_3x3_narrow *p, const int8_t *input, int32_t y,
                          const int8_t *border, struct tml_rows_narrow *rows)
{
    const struct tml_window *w = &p->window;
    for (int32_t lane = 0; lane < 2; lane++, y += w->stride_height) {
        for (int32_t tap = 0; tap < 3; tap++) {
            int32_t inside = y + tap >= 0 && y + tap < w->input_height;
            rows->of[lane][tap] =
                inside ? input + (y + tap) * w->input_width * p->depth : border;
        }
    }
}

static void tml_border(int32_t *plane, int32_t columns, int32_t border)
{
    int32_t word = (int32_t)((uint32_t)border * 0x10001u);
    for (int32_t at = 0; at < 3 * columns; at++) {
        plane[at] = word;
    }
}

static void tml_plane(const struct tml_depthwise_3x3_narrow *p, const struct tml_rows_narrow *rows,
                      int32_t channel, int32_t columns, int32_t *plane)
{
    const struct tml_window *w = &p->window;
    int32_t before = w->pad_left;
    int32_t inside = columns - before < w->input_width ? columns - before : w->input_width;
    tml_border(plane, before, p->border);
    plane += 3 * before;
    tml_expand_narrow(rows, channel, p->depth, inside, plane);
    tml_border(plane + 3 * inside, columns - before - inside, p->border);
}

void tml_depthwise_3x3_narrow(const struct tml_depthwise_3x3_narrow *p, const int8_t *input,
                              const int32_t *channels, int32_t *plane, int8_t *row,
                              int8_t *output)
{
    const struct tml_window *w = &p->window;
    int32_t columns = (w->output_width - 1) * w->stride_width + 3;
    int32_t written = w->output_width * p->depth;
    for (int32_t at = 0; at < w->input_width * p->depth; at++) {
        row[at] = (int8_t)p->border;
    }
    for (int32_t batch = 0; batch < w->batches; batch++) {
        for (int32_t y = 0; y < w->output_height; y += 2) {
            struct tml_rows_narrow rows;
            tml_find_rows(p, input, y * w->stride_height - w->pad_top, row, &rows);
            const int32_t *steps = channels;
            for (int32_t channel = 0; channel < p->depth; channel++, steps += TML_CHANNEL_3X3) {
                tml_plane(p, &rows, channel, columns, plane);
                tml_planes_narrow(plane, w->output_width, w->stride_width, steps[TML_STEPS],
                                  steps + TML_STEPS + 1);
                tml_steps_of_plane(steps, plane, w->output_width, p->depth, output + channel);
                if (y + 1 < w->output_height) {
                    tml_steps_of_plane(steps, plane + 1, w->output_width, p->depth,
                                    output + written + channel);
                }
            }
            output += y + 1 < w->output_height ? 2 * written : written;
        }
        input += w->input_height * w->input_width * p->depth;
    }
}
