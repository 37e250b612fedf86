#!/bin/sh
# Finds a comment that names a source file, header or document which is not there.
set -eu

cd "$(dirname "$0")/.."

there=$(find src tests nginx scripts -name node_modules -prune -o -name '*.[ch]' -print -o -name '*.md' -print | sed 's,.*/,,' | sort -u)
# FILE:LINE:NAME of each such name behind the beginning of a comment.
named=$(grep -rnE '(/\*|^[[:blank:]]+\*|//|#|--) .*[A-Za-z0-9_]\.(c|h|md)\b' src sql scripts nginx tests \
	--include='*.[ch]' --include='*.js' --include='*.mjs' --include='*.sh' --include='*.sql' --include='*.in' \
	--exclude-dir=node_modules --exclude-dir=corpus |
	sed -E 's,^([^:]*:[0-9]+:).*(/\*|^[[:blank:]]+\*|//|#|--) ,\1 ,' |
	awk '{ place = $1; $1 = ""; while (match($0, /[A-Za-z0-9_-]+\.(c|h|md)($|[^A-Za-z0-9_(.]|\.($|[^A-Za-z0-9]))/)) {
		name = substr($0, RSTART, RLENGTH); sub(/[^a-z]+$/, "", name); print place name; $0 = substr($0, RSTART + RLENGTH) } }')
wrong=0
for one in $named; do
	printf '%s\n' "$there" | grep -qx -e "${one##*:}" || {
		echo "$one is not there"
		wrong=1
	}
done
exit $wrong
