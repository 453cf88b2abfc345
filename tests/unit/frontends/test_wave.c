#include "frontends/wave.h"

#include <criterion/criterion.h>
#include <string.h>

static struct wave w;

static void start(void)
{
    memset(&w, 0, sizeof w);
}

TestSuite(wave, .init = start);

/* A square wave for so long, taken every 10 ms; counts where it crosses zero upwards. */
static unsigned crossings(u64 half, u64 length)
{
    unsigned n = 0;
    bool out = false, above = false;

    for (u64 t = SECOND, take = SECOND; t < SECOND + length; t += half) {
        wave_move(&w, t, out = !out);
        for (; take <= t; take += 10 * MILLISECOND)
            for (u32 count = wave_take(&w, t), i = 0; i < count; i++) {
                n += w.sample[i] > 0 && !above;
                above = w.sample[i] > 0;
            }
    }
    return n;
}

Test(wave, a_still_speaker_has_no_samples)
{
    cr_assert_eq(wave_take(&w, 5 * SECOND), 0);
}

Test(wave, a_tone_has_its_pitch)
{
    unsigned n = crossings(SECOND / 2000, SECOND);

    cr_assert(n >= 980 && n <= 1001, "%u", n);
}

Test(wave, samples_are_as_many_as_time_has_passed)
{
    u64 made = 0;

    for (u64 t = 0; t <= SECOND; t += MILLISECOND) {
        wave_move(&w, t, t / MILLISECOND & 1);
        made += wave_take(&w, t);
    }
    cr_assert_eq(made, WAVE_HZ);
}

Test(wave, pulses_shorter_than_a_sample_are_a_level_between)
{
    for (u64 t = 0; t < 5 * MILLISECOND; t += 2000) {
        wave_move(&w, t, true);
        wave_move(&w, t + 500, false);
    }
    cr_assert_gt(wave_take(&w, 5 * MILLISECOND), 200);
    for (u32 i = 10; i < 100; i++)
        cr_assert(w.sample[i] > 1000 && w.sample[i] < 2200, "%d", w.sample[i]);
}

Test(wave, silence_returns_and_the_next_sound_begins_anew)
{
    u32 made = 0;

    wave_move(&w, SECOND, true);
    for (u64 t = SECOND; t < 2 * SECOND; t += 10 * MILLISECOND)
        made += wave_take(&w, t);
    cr_assert(made > 4000 && made < 5000, "%u", made);
    cr_assert_eq(wave_take(&w, 3 * SECOND), 0);
    wave_move(&w, 100 * SECOND, false);
    made = wave_take(&w, 100 * SECOND + MILLISECOND);
    cr_assert_eq(made, 48);
}

Test(wave, movements_that_nobody_fetches_do_not_pile_up)
{
    for (u64 t = 0; t < SECOND; t += 10 * MICROSECOND)
        wave_move(&w, t, t / MICROSECOND / 10 & 1);
    cr_assert_eq(wave_take(&w, SECOND), WAVE_ROOM);
}

Test(wave, time_that_is_set_back_is_no_reason_to_fall_silent)
{
    wave_move(&w, 100 * SECOND, true);
    wave_take(&w, 100 * SECOND + MILLISECOND);
    wave_move(&w, SECOND, false);
    cr_assert_eq(wave_take(&w, SECOND + MILLISECOND), 48);
}
