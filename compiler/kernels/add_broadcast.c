/* ADD, int8, of inputs that are repeated along some of the output's dimensions. */
#include "add_broadcast.h"

void tml_add_broadcast(const struct tml_add_broadcast *p, const int8_t *first,
                       const int8_t *second, int8_t *output)
{
    int32_t done[TML_ADD_BROADCAST_RANK];
    for (int32_t i = 0; i < TML_ADD_BROADCAST_RANK; i++) {
        done[i] = 0;
    }
    for (;;) {
        tml_add(&p->row, first, second, output);
        output += p->row.elements;
        int32_t axis = TML_ADD_BROADCAST_RANK - 1;
        while (++done[axis] == p->extent[axis]) {
            done[axis] = 0;
            if (axis-- == 0) {
                return;
            }
        }
        first += p->first_step[axis];
        second += p->second_step[axis];
    }
}
