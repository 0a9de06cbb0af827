/* Windows of three by three over one channel, two rows of the output to a multiplication.
 *
 * A word of a plane has the inputs of two pixels that meet the same weight: its product has theirs,
 * one in each half, as in pairs_narrow.h. */
#ifndef TML_PLANES_NARROW_H
#define TML_PLANES_NARROW_H

#include <stdint.h>

/* `plane` has three words for each column that windows see. `weights` are nine, column after column;
 * they are added in runs of `length`, 9, 3 or 1. Each of `places`, `step` columns apart, leaves two
 * sums in `plane` itself, from its first word on. */
void tml_planes_narrow(int32_t *plane, int32_t places, int32_t step, int32_t length,
                       const int32_t *weights);

/* The rows of the input that two rows of the output see: those that the same weights meet. */
struct tml_rows_narrow {
    const int8_t *of[2][3];
};

/* Fills the three words of each of `columns`, at least 1, with one channel of the rows: with their
 * bytes from `at`, a `depth` apart. */
void tml_expand_narrow(const struct tml_rows_narrow *rows, int32_t at, int32_t depth,
                       int32_t columns, int32_t *plane);

/* Requantises every second of the sums to one channel of `width` pixels, at least 1. */
void tml_steps_of_plane(const int32_t *steps, const int32_t *sums, int32_t width, int32_t depth,
                        int8_t *output);

#endif
