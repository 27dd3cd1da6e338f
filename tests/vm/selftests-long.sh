# SPDX-License-Identifier: GPL-2.0
export LIMIT=60 MIN=15 VECTORS="0e ec"
exec sh ./selftests.sh
