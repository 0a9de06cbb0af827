/* What watches the running code: bounds, instruction counts, forbidden instructions.
 *
 * Hooks of the emulator, compiled for the host, so that watching costs a
 * function call and not an interpreter. `hook.py` mirrors the structures.
 *
 * on_block counts every run: the instructions of a basic block are decoded once
 * and remembered. on_access, in exact runs only, checks each access to the byte.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { READ = 1, WRITE = 2, EXECUTE = 4 };
enum { MAX_BANKS = 16, MAX_RANGES = 16, CACHED_BLOCKS = 4096 };

/* Classes of instructions that a core may lack, or a module may not use. */
enum { DSP = 1, FPU = 2, FPU_DOUBLE = 4, ATOMIC = 8, PRIVILEGED = 16,
       ILLEGAL = 32 };

/* Not a class that can be missing: the block has an IT, as Armv7-M code may. */
enum { CONDITIONAL = 1 << 16 };

/* The emulator's own numbers (uc_mem_type). */
enum { MEM_WRITE = 17, MEM_READ_UNMAPPED = 19, MEM_WRITE_UNMAPPED = 20, MEM_FETCH_UNMAPPED = 21,
       MEM_WRITE_PROT = 22, MEM_READ_PROT = 23, MEM_FETCH_PROT = 24 };

enum fault { NONE, FAULT_READ, FAULT_WRITE, FAULT_FETCH, FAULT_INSTRUCTION, TIMEOUT };

/* Memory that may hold code: addresses [start, end) at `host`. */
struct bank {
    uint64_t start, end;
    const uint8_t *host;
};

/* What code may touch: addresses [start, end), and what it touched. */
struct range {
    uint64_t start, end;
    uint32_t permissions;
    uint32_t lowest_write; /* UINT32_MAX: none */
    uint64_t highest;      /* 0: nothing touched */
};

struct block {
    uint64_t tag; /* address << 16 | size; 0: empty */
    uint32_t instructions;
    uint32_t classes;
};

/* A marked address that was reached: instructions counted before it. */
struct visit {
    uint64_t address, instructions;
};

struct watch {
    int (*stop)(void *engine);
    int (*read_register)(void *engine, int id, void *value);
    int (*write_register)(void *engine, int id, const void *value);
    int32_t pc_register;
    int32_t status_register; /* CPSR, of which Arm's IT bits are taken */
    uint32_t is_riscv;
    uint32_t conditional; /* the running block, or the one before, holds an IT */
    uint32_t has_conditional;
    uint32_t reserved;

    uint64_t instructions;
    uint64_t limit;
    uint32_t forbidden;

    uint32_t fault; /* enum fault; the first one stays */
    uint32_t fault_classes;
    uint32_t fault_address;
    uint32_t fault_pc;

    /* System control space of Cortex-M: what start-up code may use of it. */
    uint32_t has_fpu;
    uint32_t fpu_classes; /* what CPACR forbids while the FPU is off */
    uint32_t cpuid;
    uint32_t cpacr;
    uint32_t vtor;

    uint32_t bank_count, range_count, last_range, reserved_too;
    struct visit *visits;
    uint64_t visit_count, visit_limit;
    struct bank banks[MAX_BANKS];
    struct range ranges[MAX_RANGES];
    struct block blocks[CACHED_BLOCKS];
};

/* ---- Faults ------------------------------------------------------------------ */

static uint32_t program_counter(struct watch *w, void *engine)
{
    uint32_t pc = 0;
    w->read_register(engine, w->pc_register, &pc);
    return pc;
}

static void fail(struct watch *w, void *engine, enum fault fault, uint64_t address, uint32_t pc)
{
    if (w->fault == NONE) {
        w->fault = (uint32_t)fault;
        w->fault_address = (uint32_t)address;
        w->fault_pc = pc;
    }
    w->stop(engine);
}

/* ---- Decoding: lengths and classes ------------------------------------------- */

/* Cortex-M, 16-bit encodings (Armv7-M ARM, A5.2). */
static uint32_t thumb16_classes(uint16_t h)
{
    bool cps = (h & 0xFFE8) == 0xB660;
    bool svc_or_bkpt = (h & 0xFF00) == 0xDF00 || (h & 0xFF00) == 0xBE00;
    bool wfe_wfi_sev = h == 0xBF20 || h == 0xBF30 || h == 0xBF40;
    bool it = (h & 0xFF00) == 0xBF00 && (h & 0xF) != 0;
    return (cps || svc_or_bkpt || wfe_wfi_sev ? PRIVILEGED : 0u) | (it ? CONDITIONAL : 0u);
}

/* DSP extension, data processing on registers (A5.3.12 to A5.3.15). */
static bool is_dsp_register(uint16_t a, uint16_t b)
{
    uint32_t op = (a >> 4) & 7;
    if (a & 0x80) {
        uint32_t group = op & 3;
        return !(b & 0x80) || group == 0 || group == 2; /* not REV.., not CLZ */
    }
    if (!(b & 0x80))
        return false; /* shifts */
    return op == 2 || op == 3 || (a & 15) != 15; /* all but SXTB, SXTH, UXTB, UXTH */
}

/* DSP extension, multiplies (A5.3.16, A5.3.17). */
static bool is_dsp_multiply(uint16_t a, uint16_t b)
{
    uint32_t op = (a >> 4) & 7;
    if (!(a & 0x80))
        return op != 0;
    return op == 5 || ((op == 4 || op == 6) && (b & 0xF0) != 0);
}

static bool is_dsp(uint16_t a, uint16_t b)
{
    switch (a & 0xFF00) {
    case 0xFA00: return is_dsp_register(a, b);
    case 0xFB00: return is_dsp_multiply(a, b);
    case 0xF300: return (a & 0xFF70) == 0xF320 && (b & 0xF0F0) == 0; /* SSAT16, USAT16 */
    default: return (a & 0xFFE0) == 0xEAC0; /* PKHBT, PKHTB */
    }
}

/* Coprocessors 10 and 11 are the FPU (A6.4); loads and moves of pairs suit single ones too. */
static uint32_t fpu_classes(uint16_t a, uint16_t b)
{
    if ((a & 0xEC00) != 0xEC00 || (b & 0x0E00) != 0x0A00)
        return 0;
    bool data = (a & 0x0F00) == 0x0E00 && !(b & 0x10);
    bool widens = (a & 0xFFBF) == 0xEEB7 && (b & 0xC0) == 0xC0; /* VCVT.F64.F32 */
    return data && ((b & 0x100) || widens) ? FPU | FPU_DOUBLE : FPU;
}

static uint32_t thumb32_classes(uint16_t a, uint16_t b)
{
    bool msr = (a & 0xFFE0) == 0xF380 && (b & 0xD000) == 0x8000;
    bool mrs = (a & 0xFFE0) == 0xF3E0 && (b & 0xD000) == 0x8000;
    bool of_apsr = (b & 0xFF) <= 3;
    bool wfe_wfi_sev = a == 0xF3AF && b >= 0x8002 && b <= 0x8004;
    uint32_t classes = fpu_classes(a, b);
    if (is_dsp(a, b))
        classes |= DSP;
    if (((msr || mrs) && !of_apsr) || wfe_wfi_sev)
        classes |= PRIVILEGED;
    return classes;
}

/* RISC-V C, quadrants 0 and 2: floating-point loads and stores are the odd ones. */
static uint32_t rv16_classes(uint16_t h)
{
    uint32_t quadrant = h & 3, function = h >> 13;
    if (h == 0x9002)
        return PRIVILEGED; /* C.EBREAK */
    return quadrant != 1 && (function & 1) && function != 0 ? FPU : 0;
}

static uint32_t rv32_classes(uint32_t word)
{
    switch (word & 0x7F) {
    case 0x07: case 0x27: case 0x43: case 0x47: case 0x4B: case 0x4F: case 0x53: return FPU;
    case 0x2F: return ATOMIC;
    case 0x73: return PRIVILEGED;
    default: return 0;
    }
}

/* Classes of the instruction at `code`, of which `left` bytes are known; its length in *length. */
static uint32_t decode(const struct watch *w, const uint8_t *code, uint64_t left, uint32_t *length)
{
    uint16_t a, b = 0;
    memcpy(&a, code, 2);
    *length = (w->is_riscv ? (a & 3) == 3 : a >= 0xE800) ? 4 : 2;
    if (*length == 2)
        return w->is_riscv ? rv16_classes(a) : thumb16_classes(a);
    if (left >= 4)
        memcpy(&b, code + 2, 2);
    return w->is_riscv ? rv32_classes(a | (uint32_t)b << 16) : thumb32_classes(a, b);
}

/* ---- Blocks ------------------------------------------------------------------ */

static const struct bank *bank_of(const struct watch *w, uint64_t address, uint64_t size)
{
    for (uint32_t i = 0; i < w->bank_count; i++)
        if (w->banks[i].start <= address && address + size <= w->banks[i].end)
            return &w->banks[i];
    return NULL;
}

static void remember(const struct watch *w, const struct bank *bank, uint64_t address,
                     uint32_t size, struct block *block)
{
    const uint8_t *code = bank->host + (address - bank->start);
    block->tag = address << 16 | size;
    block->instructions = 0;
    block->classes = 0;
    for (uint32_t at = 0, length; at < size; at += length) {
        block->classes |= decode(w, code + at, bank->end - address - at, &length);
        block->instructions++;
    }
}

/* Report the first forbidden instruction of a block, and stop before the block. */
static void refuse(struct watch *w, void *engine, uint64_t address, uint32_t size)
{
    const struct bank *bank = bank_of(w, address, size);
    for (uint32_t at = 0, length; bank && at < size; at += length) {
        const uint8_t *code = bank->host + (address + at - bank->start);
        uint32_t classes = decode(w, code, bank->end - address - at, &length) & w->forbidden;
        if (!classes)
            continue;
        w->fault_classes = classes;
        fail(w, engine, FAULT_INSTRUCTION, address + at, (uint32_t)address + at);
        return;
    }
}

void on_block(void *engine, uint64_t address, uint32_t size, struct watch *w)
{
    struct block *block = &w->blocks[(address >> 1) % CACHED_BLOCKS];
    if (size == 0) { /* the emulator could not make anything of the first instruction */
        w->fault_classes = ILLEGAL;
        fail(w, engine, FAULT_INSTRUCTION, address, (uint32_t)address);
        return;
    }
    if (block->tag != (address << 16 | size)) {
        const struct bank *bank = bank_of(w, address, size);
        if (!bank) {
            fail(w, engine, FAULT_FETCH, address, (uint32_t)address);
            return;
        }
        remember(w, bank, address, size, block);
    }
    if (block->classes & w->forbidden) {
        refuse(w, engine, address, size);
        return;
    }
    w->conditional = w->has_conditional;
    w->has_conditional = block->classes & CONDITIONAL;
    w->conditional |= w->has_conditional;
    w->instructions += block->instructions;
    if (w->instructions > w->limit)
        fail(w, engine, TIMEOUT, address, (uint32_t)address);
}

/* At the block of a marked address, called before on_block. */
void on_mark(void *engine, uint64_t address, uint32_t size, struct watch *w)
{
    (void)engine;
    (void)size;
    if (w->visit_count < w->visit_limit)
        w->visits[w->visit_count++] = (struct visit){address, w->instructions};
}

/* The law that on_block is held to in tests: one call for each instruction. */
void on_instruction(void *engine, uint64_t address, uint32_t size, uint64_t *count)
{
    (void)engine;
    (void)address;
    (void)size;
    ++*count;
}

/* ---- Accesses ---------------------------------------------------------------- */

static bool within(const struct range *r, uint64_t address, uint64_t end, uint32_t permission)
{
    return r->start <= address && end <= r->end && (r->permissions & permission);
}

static struct range *range_of(struct watch *w, uint64_t address, uint64_t end, uint32_t permission)
{
    if (within(&w->ranges[w->last_range], address, end, permission))
        return &w->ranges[w->last_range];
    for (uint32_t i = 0; i < w->range_count; i++)
        if (within(&w->ranges[i], address, end, permission)) {
            w->last_range = i;
            return &w->ranges[i];
        }
    return NULL;
}

/* The emulator puts the IT bits of an access back into the core before it calls its
 * hook, and leaves them there, where the next block is translated as if it still
 * belonged to the IT. Inside of a block they are always 0: put that back. */
static void end_conditional(struct watch *w, void *engine)
{
    const uint32_t it = 0x0600FC00; /* Armv7-A/R ARM, B1.3.3: CPSR.IT */
    uint32_t status = 0;
    w->read_register(engine, w->status_register, &status);
    if (status & it) {
        status &= ~it;
        w->write_register(engine, w->status_register, &status);
    }
}

/* In exact runs: each read and write by running code. */
void on_access(void *engine, int type, uint64_t address, int size, int64_t value, struct watch *w)
{
    (void)value;
    bool write = type == MEM_WRITE;
    uint64_t end = address + (uint64_t)size;
    struct range *r = range_of(w, address, end, write ? WRITE : READ);
    if (!r) {
        fail(w, engine, write ? FAULT_WRITE : FAULT_READ, address, program_counter(w, engine));
        return;
    }
    if (w->conditional)
        end_conditional(w, engine);
    if (write && address < r->lowest_write)
        r->lowest_write = (uint32_t)address;
    if (end > r->highest)
        r->highest = end;
}

/* In exact runs: each block must lie in what may be executed. */
void on_fetch(void *engine, uint64_t address, uint32_t size, struct watch *w)
{
    for (uint32_t i = 0; i < w->range_count; i++)
        if (within(&w->ranges[i], address, address + size, EXECUTE))
            return;
    fail(w, engine, FAULT_FETCH, address, (uint32_t)address);
}

/* In all runs: what the emulator itself refuses, unmapped or protected pages. */
bool on_invalid(void *engine, int type, uint64_t address, int size, int64_t value, struct watch *w)
{
    (void)size;
    (void)value;
    enum fault fault = FAULT_FETCH;
    if (type == MEM_READ_UNMAPPED || type == MEM_READ_PROT)
        fault = FAULT_READ;
    else if (type == MEM_WRITE_UNMAPPED || type == MEM_WRITE_PROT)
        fault = FAULT_WRITE;
    fail(w, engine, fault, address, program_counter(w, engine));
    return false;
}

/* ---- System control space (Armv7-M ARM, B3.2) -------------------------------- */

enum { CPUID = 0xD00, VTOR = 0xD08, CPACR = 0xD88 };

uint64_t on_system_read(void *engine, uint64_t offset, unsigned size, struct watch *w)
{
    (void)engine;
    (void)size;
    switch (offset) {
    case CPUID: return w->cpuid;
    case VTOR: return w->vtor;
    case CPACR: return w->cpacr;
    default: return 0;
    }
}

void on_system_write(void *engine, uint64_t offset, unsigned size, uint64_t value, struct watch *w)
{
    (void)engine;
    (void)size;
    if (offset == VTOR)
        w->vtor = (uint32_t)value;
    if (offset != CPACR || !w->has_fpu)
        return; /* RAZ/WI */
    w->cpacr = (uint32_t)value & 0x00F00000; /* CP11 and CP10 */
    if (w->cpacr == 0x00F00000 || w->cpacr == 0x00500000)
        w->forbidden &= ~w->fpu_classes;
    else
        w->forbidden |= w->fpu_classes;
}

uint64_t watch_size(void)
{
    return sizeof(struct watch);
}
