/* The calendar that a clock chip keeps: Gregorian, from the year 0 on. */
#include "peripherals/chipset/rtc_calendar.h"

enum { EPOCH = 1970, EPOCH_WEEKDAY = 4 };       /* a Thursday */
enum { CYCLE = 400, CYCLE_DAYS = 146097 };      /* the calendar repeats itself */

static const u16 days_before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

static bool is_leap(u64 year)
{
    return year % 4 == 0 && (year % 100 || year % 400 == 0);
}

/* Days are counted from a cycle before the year 0, so that none is negative. */
static u64 days_before_year(u64 year)
{
    u64 y = year + CYCLE - 1;

    return 365 * y + y / 4 - y / 100 + y / 400;
}

static u32 days_before_month(u64 year, unsigned month)
{
    return days_before[month - 1] + (month > 2 && is_leap(year));
}

u32 calendar_time_of_day(const struct calendar *c)
{
    return c->hour * 3600u + c->minute * 60u + c->second;
}

static u64 day_number(const struct calendar *c)
{
    unsigned month = c->month < 1 ? 1 : c->month > 12 ? 12 : c->month;

    return days_before_year(c->year) + days_before_month(c->year, month)
         + (c->day ? c->day - 1u : 0);
}

static void set(struct calendar *c, u64 days, u32 time)
{
    u64 year = days * CYCLE / CYCLE_DAYS - CYCLE;   /* right, or one too many or too few */
    unsigned month = 12;

    while (days_before_year(year) > days)
        year--;
    while (days_before_year(year + 1) <= days)
        year++;
    days -= days_before_year(year);
    while (days_before_month(year, month) > days)
        month--;
    *c = (struct calendar){
        .year = (u32)year, .month = (u8)month,
        .day = (u8)(days - days_before_month(year, month) + 1), .weekday = c->weekday,
        .hour = (u8)(time / 3600), .minute = (u8)(time / 60 % 60), .second = (u8)(time % 60),
    };
}

void calendar_from_seconds(struct calendar *c, u64 since_1970)
{
    u64 days = since_1970 / DAY_SECONDS;

    c->weekday = (u8)((days + EPOCH_WEEKDAY) % 7);
    set(c, days_before_year(EPOCH) + days, (u32)(since_1970 % DAY_SECONDS));
}

void calendar_add(struct calendar *c, u64 seconds)
{
    u64 time = calendar_time_of_day(c) + seconds, days = time / DAY_SECONDS;

    c->weekday = (u8)((c->weekday + days) % 7);
    set(c, day_number(c) + days, (u32)(time % DAY_SECONDS));
}

bool calendar_is_last_sunday(const struct calendar *c, u8 month)
{
    unsigned length = month >= 1 && month <= 12
                    ? days_before_month(c->year, month + 1u) - days_before_month(c->year, month)
                    : 0;

    return c->month == month && c->weekday == 0 && c->day + 7u > length;
}
