/* Pictures as files. */
#pragma once
#include "core/types.h"

#include <stdio.h>

struct surface;

bool picture_ppm(FILE *, const struct surface *);
bool picture_png(FILE *, const struct surface *);
