/* UNIDIRECTIONAL_SEQUENCE_LSTM, int8 with int16 inside: gates are Q3.12 before their function and
 * Q0.15 after it. Units are computed one by one, so that no gate needs memory. */
#include "unidirectional_sequence_lstm.h"

#include <string.h>

#include "requantize.h"
#include "sigmoid_table.h"

struct tml_lstm_weights {
    const int8_t *input[TML_LSTM_GATES];
    const int8_t *recurrent[TML_LSTM_GATES];
    const int32_t *input_bias, *recurrent_bias;
    const int16_t *table;
};

static int32_t tml_saturate_int16(int32_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : x;
}

/* Adds one row of each gate's weights, from `at` on, times a vector: each element is read once. */
static void tml_lstm_add(int32_t *sums, const int8_t *const *weights, int32_t at,
                         const int8_t *vector, int32_t depth)
{
    const int8_t *first = weights[0] + at, *second = weights[1] + at;
    const int8_t *third = weights[2] + at, *fourth = weights[3] + at;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (int32_t i = 0; i < depth; i++) {
        int32_t x = vector[i];
        a += first[i] * x;
        b += second[i] * x;
        c += third[i] * x;
        d += fourth[i] * x;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

/* The gates of one unit before their functions. */
static void tml_lstm_gates(const struct tml_unidirectional_sequence_lstm *p,
                           const struct tml_lstm_weights *w, int32_t unit, const int8_t *input,
                           const int8_t *hidden, int32_t *gates)
{
    int32_t fresh[TML_LSTM_GATES], kept[TML_LSTM_GATES];
    for (int32_t i = 0; i < TML_LSTM_GATES; i++) {
        fresh[i] = w->input_bias[i * p->units + unit];
        kept[i] = w->recurrent_bias[i * p->units + unit];
    }
    tml_lstm_add(fresh, w->input, unit * p->depth, input, p->depth);
    tml_lstm_add(kept, w->recurrent, unit * p->units, hidden, p->units);
    for (int32_t i = 0; i < TML_LSTM_GATES; i++) {
        int32_t one = tml_requantize(fresh[i], p->input_multiplier[i], p->input_shift[i]);
        int32_t two = tml_requantize(kept[i], p->recurrent_multiplier[i], p->recurrent_shift[i]);
        gates[i] = tml_saturate_int16(tml_saturate_int16(one) + tml_saturate_int16(two));
    }
}

/* The cell state of one unit after a step. */
static int32_t tml_lstm_cell(const struct tml_unidirectional_sequence_lstm *p,
                             const struct tml_lstm_weights *w, const int32_t *gate, int32_t cell)
{
    int32_t taken = tml_logistic_at(w->table, 3 * gate[0]);
    int32_t left = tml_logistic_at(w->table, 3 * gate[1]);
    int32_t fresh = tml_tanh_at(w->table, 3 * gate[2]);
    left = tml_saturate_int16(tml_requantize(left * cell, (int32_t)1 << 30, -14));
    fresh = tml_saturate_int16(tml_requantize(taken * fresh, p->cell_multiplier, p->cell_shift));
    int32_t sum = tml_saturate_int16(left + fresh);
    if (p->cell_clip == INT16_MAX) {
        return sum;
    }
    return sum < -p->cell_clip ? -p->cell_clip : sum > p->cell_clip ? p->cell_clip : sum;
}

static void tml_lstm_step(const struct tml_unidirectional_sequence_lstm *p,
                          const struct tml_lstm_weights *w, const int8_t *input,
                          const int8_t *hidden, int16_t *cell, int8_t *output)
{
    for (int32_t unit = 0; unit < p->units; unit++) {
        int32_t gate[TML_LSTM_GATES];
        tml_lstm_gates(p, w, unit, input, hidden, gate);
        int32_t state = tml_lstm_cell(p, w, gate, cell[unit]);
        cell[unit] = (int16_t)state;
        int32_t round = p->tanh_shift > 0 ? (int32_t)1 << (p->tanh_shift - 1) : 0;
        int32_t shown =
            tml_tanh_at(w->table, (state * p->tanh_multiplier + round) >> p->tanh_shift);
        shown *= tml_logistic_at(w->table, 3 * gate[3]);
        shown = tml_requantize(shown, p->hidden_multiplier, p->hidden_shift) + p->hidden_offset;
        output[unit] = tml_clamp(shown, INT8_MIN, INT8_MAX);
    }
}

void tml_unidirectional_sequence_lstm(
    const struct tml_unidirectional_sequence_lstm *p, const int8_t *input,
    const int8_t *input_weights_input, const int8_t *input_weights_forget,
    const int8_t *input_weights_cell, const int8_t *input_weights_output,
    const int8_t *recurrent_weights_input, const int8_t *recurrent_weights_forget,
    const int8_t *recurrent_weights_cell, const int8_t *recurrent_weights_output,
    const int32_t *input_bias, const int32_t *recurrent_bias, const int16_t *table, int8_t *hidden,
    int16_t *cell, int8_t *output)
{
    const struct tml_lstm_weights w = {
        .input = {input_weights_input, input_weights_forget, input_weights_cell,
                  input_weights_output},
        .recurrent = {recurrent_weights_input, recurrent_weights_forget, recurrent_weights_cell,
                      recurrent_weights_output},
        .input_bias = input_bias,
        .recurrent_bias = recurrent_bias,
        .table = table,
    };
    for (int32_t batch = 0; batch < p->batches; batch++) {
        int32_t row = batch * p->batch_rows;
        for (int32_t step = 0; step < p->steps; step++) {
            int8_t *result = output + row * p->units;
            tml_lstm_step(p, &w, input + row * p->depth, hidden, cell, result);
            memcpy(hidden, result, (size_t)p->units);
            row += p->step_rows;
        }
        hidden += p->units;
        cell += p->units;
    }
}
