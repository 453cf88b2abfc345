#pragma once
#include "core/types.h"

/*
 * For what the host refuses: files, memory, a bad configuration. Functions that
 * can be refused return false and have said why:
 *
 *     return fail(err, "%s: no such disk", path);
 *
 * A caller that does not care passes NULL. What the guest does wrong is never an
 * error (see guest_oddity in device.h); what we do wrong is an assert.
 */
struct error { char text[256]; };

bool fail(struct error *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
