#!/bin/sh
# Checks the JavaScript of the page and of the tests: its types (tsc), and faults that ESLint knows.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..

# packages FOLDER: installs what the folder's lock file names, unless that was done since the file was changed.
packages() {
	found=$(find "$1/node_modules/.package-lock.json" -newer "$1/package-lock.json" 2>/dev/null) || :
	[ -n "$found" ] || (cd "$1" && npm ci --no-audit --no-fund)
}

packages "$here"
packages "$here/../e2e" # the types of what the tests use
failed=0
for part in page worker tests; do
	"$here/node_modules/.bin/tsc" -p "$here/tsconfig.$part.json" || failed=1
done
cd "$top"
"$here/node_modules/.bin/eslint" --config "$here/eslint.config.mjs" --max-warnings 0 nginx/html/assets tests || failed=1
exit "$failed"
