#!/bin/sh
# Runs clang-tidy on the given source files with the flags that they are compiled with.
set -eu

HERE=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck disable=SC2046
exec clang-tidy --quiet "$@" -- -std=gnu17 -D_GNU_SOURCE "-I$HERE/src" -DPACKAGE_VERSION='"0"' \
	-DCONFAB_CONF_FILE='""' -DCONFAB_GATE_CONF_FILE='""' -DCONFAB_SQL_DIR='""' -DCONFAB_DATA_DIR='""' -DCONFAB_ETC_DIR='""' -DCONFAB_LIBEXEC_DIR='""' \
	$(pkg-config --cflags json-c libcurl libmariadb icu-uc icu-i18n libavformat pangocairo)
