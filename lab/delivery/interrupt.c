// SPDX-License-Identifier: GPL-2.0
#include "test.h"
void tests_interrupt(void) { }
