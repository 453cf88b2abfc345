#include "frontends/verdict.h"

#include "core/machine.h"
#include "frontends/options/options.h"
#include "frontends/session.h"

#include <string.h>

enum { LAST_OWN = 63 };

static bool is_fine(const struct session *s, const char *end)
{
    return s->options->ok_on && !strcmp(s->options->ok_on, end);
}

static bool expects(const struct session *s)
{
    return s->options->expect_serial.count || s->options->expect_screen.count || s->script.on;
}

/* What was waited for and has not come outweighs how the run ended, failures apart. */
static int unless_expecting(const struct session *s, int verdict)
{
    return expects(s) ? VERDICT_EXPECTATION : verdict;
}

int verdict_of(const struct session *s, enum end end)
{
    u32 code = s->machine->exit_code;

    switch (end) {
    case END_EXIT:      return code ? (int)(code < LAST_OWN ? code : LAST_OWN)
                                    : unless_expecting(s, VERDICT_PASSED);
    case END_MET:       return VERDICT_PASSED;
    case END_POWER_OFF: return unless_expecting(s, is_fine(s, "poweroff") ? VERDICT_PASSED : 1);
    case END_RESET:     return is_fine(s, "reset") ? unless_expecting(s, VERDICT_PASSED)
                                                   : VERDICT_RESET;
    case END_SHUTDOWN:  return VERDICT_TRIPLE_FAULT;
    case END_ODDITY:    return VERDICT_STRICT;
    case END_DIVERGED:  return VERDICT_DIVERGED;
    case END_DEAD:      return unless_expecting(s, VERDICT_DEAD);
    case END_BUDGET:    return unless_expecting(s, VERDICT_BUDGET);
    case END_WALL:      return VERDICT_WALL;
    case END_QUIT:      return unless_expecting(s, VERDICT_PASSED);
    case END_SIGNAL:    return VERDICT_SIGNAL + s->signal;
    }
    return VERDICT_BUG;
}

/* As QEMU's: isa-debug-exit's value twice and one more. */
int status_of_run(const struct session *s, enum end end)
{
    switch (end) {
    case END_EXIT:   return (int)(s->machine->exit_code << 1 | 1) & 0xff;
    case END_SIGNAL: return VERDICT_SIGNAL + s->signal;
    case END_BUDGET: return VERDICT_BUDGET;
    case END_WALL:   return VERDICT_WALL;
    default:         return 0;
    }
}

const char *verdict_text(int verdict)
{
    switch (verdict) {
    case VERDICT_PASSED:       return "passed";
    case VERDICT_TRIPLE_FAULT: return "TRIPLE FAULT";
    case VERDICT_DEAD:         return "DEAD: halted, and nothing can wake it";
    case VERDICT_BUDGET:       return "OUT OF BUDGET";
    case VERDICT_WALL:         return "OUT OF REAL TIME";
    case VERDICT_EXPECTATION:  return "EXPECTATION NOT MET";
    case VERDICT_STRICT:       return "ODDITY";
    case VERDICT_RESET:        return "UNEXPECTED RESET";
    case VERDICT_DIVERGED:     return "DIVERGED FROM THE RECORD";
    default:                   return verdict > VERDICT_SIGNAL ? "ENDED BY A SIGNAL" : "FAILED";
    }
}
