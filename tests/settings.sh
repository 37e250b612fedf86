#!/bin/sh
# README and confab.conf(5) explain every setting of src/base/config.c, and no other.
set -eu

HERE=$(cd "$(dirname "$0")/.." && pwd)
known=$(tr '\n\t' '  ' <"$HERE/src/base/config.c" |
	grep -oE ' (TEXT|SECRET|INTEGER|DURATION|FLAG)\( *[a-z0-9_]+, *"[A-Z0-9_]+"' |
	sed 's/.*"\(.*\)"/\1/' | sort)
in_readme=$(sed -n '/^Settings$/,/^Operations$/p' "$HERE/README" |
	sed -n 's/^    \([A-Z][A-Z0-9_]*\)  .*/\1/p' | sort)
in_manual=$(sed -n 's/^\.B \([A-Z][A-Z0-9_]*\)$/\1/p' "$HERE/src/base/confab.conf.5" | grep -v '^CONFAB_CONF$' | sort)
[ -n "$known" ]
[ "$known" = "$in_readme" ] || {
	echo "README and src/base/config.c differ" >&2
	exit 1
}
[ "$known" = "$in_manual" ] || {
	echo "confab.conf(5) and src/base/config.c differ" >&2
	exit 1
}

# README has the purposes of src/base/config.c, word for word.
purposes=$(sed -n '/^static const struct setting settings/,/^};/p' "$HERE/src/base/config.c" | tr '\n\t' '  ' |
	sed 's/" *"//g; s/), *\(TEXT\|SECRET\|INTEGER\|DURATION\|FLAG\)(/),\n\1(/g' |
	sed -n 's/^[^"]*"\([A-Z0-9_]*\)".*"\([^"]*\)"),.*/\1 \2/p' | sort)
told=$(sed -n '/^Settings$/,/^Operations$/p' "$HERE/README" |
	awk '/^    [A-Z][A-Z0-9_]*  / { if (line != "") print line; line = $0; sub(/^ +/, "", line); sub(/  +/, " ", line); next }
		/^        +[^ ]/ && line != "" { sub(/^ +/, ""); line = line " " $0; next }
		{ if (line != "") print line; line = "" }' |
	sed 's/ \[[^]]*\]$//; s/ (secret)$//' | sort)
[ "$purposes" = "$told" ] || {
	echo "the settings in README have other words than in src/base/config.c" >&2
	exit 1
}

# README explains every mark of Janus' templates.
grep -oh '@[A-Z_]*@' "$HERE"/scripts/janus/*.in | sort -u | while read -r mark; do
	grep -q "$mark" "$HERE/README" || {
		echo "README does not explain $mark" >&2
		exit 1
	}
done

# A bearer token's limit stands where callers look.
for place in README src/confab.7 src/api/openapi.json; do
	tr '\n' ' ' <"$HERE/$place" | grep -qE '(token|JWT) (has|of)( up to| at most) 16 KiB' || {
		echo "$place does not say how long a bearer token may be" >&2
		exit 1
	}
done
