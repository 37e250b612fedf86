#!/bin/sh
# Runs every fuzz harness of a build for a while, two at a time, and says what they found.
set -eu

usage() {
	cat <<'USAGE'
Usage: tests/fuzz/run.sh BUILD [SECONDS]

Runs each fuzz_* program of the build folder BUILD (made with CC=clang configure --enable-fuzzers) for
SECONDS (FUZZ_SECONDS, else 30), starting from its corpus; fuzz_gate_message and fuzz_mjr, which read what
strangers send, for twice as long. What they find new is thrown away, except the input that crashes one, which is
kept in BUILD. Exit status 0 when nothing was found.
USAGE
}

if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -d "$1" ]; then
	usage >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
seconds=${2:-${FUZZ_SECONDS:-30}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# harness NOUN: one line in $work/NOUN.line that starts with "ok" or "not ok".
harness() {
	program=$build/tests/fuzz/fuzz_$1
	log=$work/$1.log
	time=$seconds
	case $1 in gate_message | mjr) time=$((2 * seconds)) ;; esac
	mkdir "$work/$1"
	[ ! -d "$here/corpus/$1" ] || cp -R "$here/corpus/$1/." "$work/$1"
	# -max_len: longer than what the limits allow (a bearer token has 8192 bytes).
	if "$program" -max_total_time="$time" -max_len=10000 -timeout=25 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="$build/fuzz_$1-" "$work/$1" >"$log" 2>&1; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
		echo "ok fuzz_$1 $time s, ${runs:-0} runs" >"$work/$1.line"
	else
		reason=$(grep -m 1 -E 'ERROR: |runtime error: |deadly signal' "$log" || tail -n 1 "$log")
		file=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
		echo "not ok fuzz_$1: $reason; again with: $program ${file:-(no input)}" \
			>"$work/$1.line"
	fi
	cat "$work/$1.line"
}

nouns=
for source in "$here"/fuzz_*.c; do
	noun=$(basename "$source" .c)
	noun=${noun#fuzz_}
	if [ ! -x "$build/tests/fuzz/fuzz_$noun" ]; then
		echo "not ok fuzz_$noun: it is not in $build" | tee "$work/$noun.line"
		continue
	fi
	nouns="$nouns $noun"
done
# shellcheck disable=SC2086
set -- $nouns
while [ $# -gt 0 ]; do
	harness "$1" &
	first=$!
	if [ $# -gt 1 ]; then
		harness "$2" &
		wait $!
		shift
	fi
	wait "$first"
	shift
done
passed=$(cat "$work"/*.line | grep -c '^ok' || true)
failed=$(cat "$work"/*.line | grep -vc '^ok' || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
