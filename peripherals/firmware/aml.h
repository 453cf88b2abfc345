#pragma once
#include "core/buffer.h"
#include "core/types.h"

/*
 * Writes ACPI Machine Language (ACPI 6.5, 20 "ACPI Machine Language Specification"):
 * objects open and close like brackets, lengths are filled in when they close.
 */
enum { AML_DEPTH = 8 };

struct aml {
    struct buffer out;
    size_t        open[AML_DEPTH];  /* where their lengths are */
    unsigned      depth;
};

void aml_scope(struct aml *, const char *path);
void aml_device(struct aml *, const char *name);
void aml_method(struct aml *, const char *name, unsigned arguments, bool serialized);
void aml_package(struct aml *, unsigned elements);
void aml_if(struct aml *);                          /* its condition follows, then its body */
void aml_field(struct aml *, const char *region, unsigned flags);
void aml_field_unit(struct aml *, const char *name, unsigned bits);
void aml_end(struct aml *);

void aml_op(struct aml *, unsigned opcode);         /* below 100h, or 5Bxxh */
void aml_name(struct aml *, const char *path);      /* "\\_SB.PCI0", "_CRS" */
void aml_number(struct aml *, u64 value);
void aml_text(struct aml *, const char *);

/* Name(NAME, ...) */
void aml_name_number(struct aml *, const char *name, u64 value);
void aml_name_text(struct aml *, const char *name, const char *value);
void aml_name_id(struct aml *, const char *name, const char *pnp);      /* EISAID("PNP0A03") */
void aml_name_package(struct aml *, const char *name, const u8 *values, unsigned count);
/* The resources end here and are given back empty. */
void aml_name_resources(struct aml *, const char *name, struct buffer *resources);

/* Resource descriptors (ACPI 6.5, 6.4 "Resource Data Types for ACPI"). */
void resource_io(struct buffer *, u16 first, u8 count);
void resource_irq(struct buffer *, u8 irq);                     /* edge, active high */
void resource_dma(struct buffer *, u8 channel);
void resource_memory(struct buffer *, u32 first, u32 size);
void resource_interrupts(struct buffer *, const u32 *numbers, u8 count);    /* level, shared */
void resource_bus_numbers(struct buffer *, u16 first, u16 last);
void resource_io_window(struct buffer *, u16 first, u16 last);
void resource_memory_window(struct buffer *, u32 first, u32 last);
void resource_memory_window64(struct buffer *, u64 first, u64 last);

enum {
    AML_STORE = 0x70, AML_AND = 0x7b, AML_OR = 0x7d, AML_DWORD_FIELD = 0x8a, AML_LESS = 0x95,
    AML_RETURN = 0xa4, AML_ARG0 = 0x68, AML_NOTHING = 0, AML_REGION = 0x5b80,
};
