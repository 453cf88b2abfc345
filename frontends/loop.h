/* The run loop: the machine in slices, and between them the host's affairs. */
#pragma once
#include "frontends/session.h"
#include "frontends/verdict.h"

/* From power-on (or where it was) to an end. */
enum end loop(struct session *);
