#include "core/log.h"

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_TRACE:  return "trace";
    case LOG_INFO:   return "info";
    case LOG_ODDITY: return "oddity";
    case LOG_WARN:   return "warning";
    }
    return "?";
}
