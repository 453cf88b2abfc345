#pragma once
#include "core/types.h"

struct device;

/*
 * What the machine has to tell people. Nothing here prints: lines go to the sink
 * that the frontend gave the machine, or nowhere.
 */
enum log_level { LOG_TRACE, LOG_INFO, LOG_ODDITY, LOG_WARN };

typedef void log_sink(void *ctx, enum log_level, const struct device *, const char *text);

const char *log_level_name(enum log_level);
