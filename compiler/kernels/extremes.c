#include "extremes.h"

/* The second where neither is less or greater: so with a NaN. */
#define TML_DEFINE_EXTREME(name, type, comparison)                                             \
    void tml_##name(const struct tml_##name *p, const type *first, const type *second,         \
                    type *output)                                                              \
    {                                                                                          \
        int32_t elements = p->elements;                                                        \
        for (int32_t i = 0; i < elements; i++) {                                               \
            output[i] = first[i] comparison second[i] ? first[i] : second[i];                  \
        }                                                                                      \
    }                                                                                          \
    TML_DEFINE_BROADCAST(name, type)

TML_DEFINE_EXTREME(minimum, int8_t, <)
TML_DEFINE_EXTREME(maximum, int8_t, >)
TML_DEFINE_EXTREME(minimum_float, float, <)
TML_DEFINE_EXTREME(maximum_float, float, >)
