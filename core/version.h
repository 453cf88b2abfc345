#pragma once

#define ORRERY_VERSION "0.1.0"
