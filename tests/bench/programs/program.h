/*
 * A benchmark: run() does its work and gives a checksum, the same on every machine. It is built
 * twice: bare for Orrery (start.asm puts a CPU into 64-bit mode and calls it) and as a Linux
 * program for comparison.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint64_t run(void);

/* 32 MB to work in. */
extern uint8_t arena[];
