/* Pictures as files. */
#pragma once
#include "core/types.h"

#include <stdio.h>

struct surface;

bool picture_ppm(FILE *, const struct surface *);
/* NULL in a build without libpng. */
bool picture_png(FILE *, const struct surface *) __attribute__((weak));
