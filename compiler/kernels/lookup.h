#ifndef TML_LOOKUP_H
#define TML_LOOKUP_H

#include <stdint.h>

struct tml_lookup {
    int32_t elements;
};

/* `table` has the output for each int8, from -128 on. */
void tml_lookup(const struct tml_lookup *p, const int8_t *input, const int8_t *table,
                int8_t *output);

#endif
