# SPDX-License-Identifier: GPL-2.0
export CYCLES=1000
exec sh ./loadunload.sh
