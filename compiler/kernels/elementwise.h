/* What kernels of two inputs share: how inputs are repeated along the output's dimensions.
 *
 * A kernel tml_NAME computes one row, which both inputs have whole; tml_NAME_broadcast calls it
 * for each row of an output of which some input has fewer. */
#ifndef TML_ELEMENTWISE_H
#define TML_ELEMENTWISE_H

#include <stdint.h>

#define TML_AXES 6

/* Axes around a row, the outermost first, padded with leading ones: an axis's extent, and the
 * elements of each input from the last row of one index to the first row of the next. */
struct tml_axes {
    int32_t extent[TML_AXES];
    int32_t first_step[TML_AXES];
    int32_t second_step[TML_AXES];
};

/* Where a walk over all rows is: the index on each axis, and the elements of each input before. */
struct tml_place {
    int32_t index[TML_AXES];
    int32_t first, second;
};

/* Goes to the next row; 0 after the last. */
static inline int tml_next_row(const struct tml_axes *axes, struct tml_place *place)
{
    for (int32_t axis = TML_AXES - 1; axis >= 0; axis--) {
        if (++place->index[axis] < axes->extent[axis]) {
            place->first += axes->first_step[axis];
            place->second += axes->second_step[axis];
            return 1;
        }
        place->index[axis] = 0;
    }
    return 0;
}

#define TML_DECLARE_ELEMENTWISE(name, type)                                                    \
    struct tml_##name##_broadcast {                                                            \
        struct tml_##name row;                                                                 \
        struct tml_axes axes;                                                                  \
    };                                                                                         \
    void tml_##name(const struct tml_##name *p, const type *first, const type *second,         \
                    type *output);                                                             \
    void tml_##name##_broadcast(const struct tml_##name##_broadcast *p, const type *first,     \
                                const type *second, type *output)

#define TML_DEFINE_BROADCAST(name, type)                                                       \
    void tml_##name##_broadcast(const struct tml_##name##_broadcast *p, const type *first,     \
                                const type *second, type *output)                              \
    {                                                                                          \
        struct tml_place place = {{0}, 0, 0};                                                  \
        do {                                                                                   \
            tml_##name(&p->row, first + place.first, second + place.second, output);           \
            output += p->row.elements;                                                         \
        } while (tml_next_row(&p->axes, &place));                                              \
    }

#endif
