/* LOGISTIC and TANH, int16. */
#include "sigmoid_int16.h"

#include "sigmoid_table.h"

static int32_t tml_to_table(const struct tml_sigmoid_int16 *p, int32_t x)
{
    int32_t round = p->shift > 0 ? (int32_t)1 << (p->shift - 1) : 0;
    return (x * p->multiplier + round) >> p->shift;
}

void tml_logistic_int16(const struct tml_sigmoid_int16 *p, const int16_t *input,
                        const int16_t *table, int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = (int16_t)tml_logistic_at(table, tml_to_table(p, input[i]));
    }
}

void tml_tanh_int16(const struct tml_sigmoid_int16 *p, const int16_t *input, const int16_t *table,
                    int16_t *output)
{
    for (int32_t i = 0; i < p->elements; i++) {
        output[i] = (int16_t)tml_tanh_at(table, tml_to_table(p, input[i]));
    }
}
