/* Rows of int8 times pairs of channels.
 *
 * The product of an element with half a word is 256 times that of the odd channel plus that of the
 * even one: both are summed at once, and again the even one alone. The difference is 256 times
 * the sum of the odd channel, which the compiler has made sure is below 2^23. */
#include "row_dsp.h"

/* The sums of the channels of one pair and of another. */
static inline void tml_row_products(const int8_t *row, const int8_t *end, const int8_t *weights,
                                    const int8_t *others, int32_t *sums)
{
    uint32_t even = 0, both = 0, other_even = 0, other_both = 0;
    uint32_t low, high, first, second;
    __asm__("1:\n\t"
            "ldr %[high], [%[row]], #4\n\t"
            "ldrd %[first], %[second], [%[weights]], #8\n\t"
            "sxtb16 %[low], %[high]\n\t"
            "sxtb16 %[high], %[high], ror #8\n\t"
            "smlad %[both], %[low], %[first], %[both]\n\t"
            "sxtb16 %[first], %[first]\n\t"
            "smlad %[even], %[low], %[first], %[even]\n\t"
            "smlad %[both], %[high], %[second], %[both]\n\t"
            "sxtb16 %[second], %[second]\n\t"
            "smlad %[even], %[high], %[second], %[even]\n\t"
            "ldrd %[first], %[second], [%[others]], #8\n\t"
            "smlad %[other_both], %[low], %[first], %[other_both]\n\t"
            "sxtb16 %[first], %[first]\n\t"
            "smlad %[other_even], %[low], %[first], %[other_even]\n\t"
            "smlad %[other_both], %[high], %[second], %[other_both]\n\t"
            "sxtb16 %[second], %[second]\n\t"
            "smlad %[other_even], %[high], %[second], %[other_even]\n\t"
            "cmp %[row], %[end]\n\t"
            "bne 1b"
            : [row] "+r"(row), [weights] "+r"(weights), [others] "+r"(others), [even] "+r"(even),
              [both] "+r"(both), [other_even] "+r"(other_even), [other_both] "+r"(other_both),
              [low] "=&r"(low), [high] "=&r"(high), [first] "=&r"(first), [second] "=&r"(second)
            : [end] "r"(end)
            : "cc", "memory");
    sums[0] = (int32_t)even;
    sums[1] = (int32_t)(both - even) >> 8;
    sums[2] = (int32_t)other_even;
    sums[3] = (int32_t)(other_both - other_even) >> 8;
}

void tml_row_dsp(const struct tml_channels_dsp *p, const int32_t *words, int32_t depth,
                 const int8_t *row, int8_t *output)
{
    const int32_t pair = 2 * depth;
    const struct tml_constants_dsp constants =
        tml_constants_of(p, words, (p->count + 1) / 2 * pair);
    const int8_t *weights = constants.weights;
    for (int32_t channel = 0; channel < p->count; channel += TML_SUMS_DSP) {
        int32_t left = p->count - channel;
        int32_t sums[TML_SUMS_DSP];
        const int8_t *others = left > 2 ? weights + pair : weights;
        tml_row_products(row, row + depth, weights, others, sums);
        tml_store_dsp(p, &constants, sums, channel, output);
        weights += 2 * pair;
    }
}
