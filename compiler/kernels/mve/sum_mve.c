/* ADD and SUB, int8, as tml_sum_proven has them, four at a time wherever the output lies. */
#include "sum_mve.h"

#include <arm_mve.h>

void tml_sum_mve(const struct tml_sum_proven *p, const int8_t *first, const int8_t *second,
                 int8_t *output)
{
    const struct tml_sum_proven k = *p; /* in registers: the output might lie over *p */
    const int32x4_t least = vdupq_n_s32(k.rounding.activation_min);
    const int32x4_t most = vdupq_n_s32(k.rounding.activation_max);
    for (int32_t left = k.elements; left > 0; left -= 4) {
        mve_pred16_t lanes = vctp32q((uint32_t)left);
        int32x4_t sum = vmulq_n_s32(vldrbq_z_s32(first, lanes), k.first_factor);
        sum = vmlaq_n_s32(sum, vldrbq_z_s32(second, lanes), k.second_factor);
        sum = vaddq_n_s32(sum, k.zero);
        int32x4_t raised = vmlaq_n_s32(sum, vshrq_n_s32(sum, 31), -k.rounding.if_negative);
        raised = vshlq_r_s32(vaddq_n_s32(raised, k.rounding.offset), -k.rounding.shift);
        vstrbq_p_s32(output, vminq_s32(vmaxq_s32(raised, least), most), lanes);
        first += 4;
        second += 4;
        output += 4;
    }
}
