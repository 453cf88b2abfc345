#include "frontends/shot.h"

#include "core/error.h"
#include "frontends/screen.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

bool shot_save(struct session *s, char *said, size_t room)
{
    struct error err;
    char path[64], when[32];
    time_t now = time(NULL);

    strftime(when, sizeof when, "%Y-%m-%d-%H%M%S", localtime(&now));
    snprintf(path, sizeof path, "orrery-%s.png", when);
    for (unsigned n = 2; access(path, F_OK) == 0 && n < 100; n++)
        snprintf(path, sizeof path, "orrery-%s-%u.png", when, n);
    if (screen_save(s, path, "png", &err)) {
        snprintf(said, room, "picture in %s", path);
        return true;
    }
    snprintf(said, room, "%s", err.text);
    return false;
}
