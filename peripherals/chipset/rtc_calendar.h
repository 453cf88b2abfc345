#pragma once
#include "core/types.h"

/* A moment in the Gregorian calendar. The day of the week is a register of its own. */
struct calendar {
    u32 year;
    u8  month, day;             /* from 1 */
    u8  weekday;                /* 0: Sunday */
    u8  hour, minute, second;
};

enum { DAY_SECONDS = 86400 };

void calendar_from_seconds(struct calendar *, u64 since_1970);
u32  calendar_time_of_day(const struct calendar *);     /* seconds */
/* The weekday moves with the days that pass; dates that do not exist become ones that do. */
void calendar_add(struct calendar *, u64 seconds);
bool calendar_is_last_sunday(const struct calendar *, u8 month);
