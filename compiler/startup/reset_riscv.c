/* Reset of a RISC-V core: the first instruction of the image. */
#include "startup.h"

/* No stack before this, so no C: set one, then go on in C. */
__attribute__((section(".tml_entry"), naked, used)) _Noreturn void tml_reset(void)
{
    __asm__ volatile("la sp, tml_stack_top\n\tj tml_start");
}
