#ifndef TML_UNIDIRECTIONAL_SEQUENCE_LSTM_H
#define TML_UNIDIRECTIONAL_SEQUENCE_LSTM_H

#include <stdint.h>

/* The gates in the order of weights and biases: input, forget, cell, output. */
#define TML_LSTM_GATES 4

struct tml_unidirectional_sequence_lstm {
    int32_t batches, steps;
    int32_t batch_rows, step_rows; /* rows of input and output from one to the next */
    int32_t depth, units;
    int32_t input_multiplier[TML_LSTM_GATES], input_shift[TML_LSTM_GATES];
    int32_t recurrent_multiplier[TML_LSTM_GATES], recurrent_shift[TML_LSTM_GATES];
    int32_t cell_multiplier, cell_shift; /* of input gate times cell gate */
    int32_t cell_clip;                   /* INT16_MAX where nothing is cut off */
    int32_t tanh_multiplier, tanh_shift; /* from the cell state's scale to Q3.12, times 3 */
    int32_t hidden_multiplier, hidden_shift, hidden_offset;
};

/* Weights have one row per unit. Biases have a row of `units` per gate, zero points folded in; the
 * table is sigmoid(i / 24) in 1/65536, less one half. `hidden` and `cell` are what is kept from
 * step to step, one row of `units` per batch. */
void tml_unidirectional_sequence_lstm(
    const struct tml_unidirectional_sequence_lstm *p, const int8_t *input,
    const int8_t *input_weights_input, const int8_t *input_weights_forget,
    const int8_t *input_weights_cell, const int8_t *input_weights_output,
    const int8_t *recurrent_weights_input, const int8_t *recurrent_weights_forget,
    const int8_t *recurrent_weights_cell, const int8_t *recurrent_weights_output,
    const int32_t *input_bias, const int32_t *recurrent_bias, const int16_t *table, int8_t *hidden,
    int16_t *cell, int8_t *output);

#endif
