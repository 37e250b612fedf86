# shellcheck shell=sh
# Runs tests, writes their logs to $OUT/log, and counts what passed and failed. For scripts/check.

passed=0
failed=0

# count PASSED FAILED: adds to the sums.
count() {
	passed=$((passed + $1))
	failed=$((failed + $2))
}

# log_of NAME: prints the path of the test's log.
log_of() {
	printf '%s/log/%s.log\n' "$OUT" "$(printf '%s' "$1" | tr -c 'a-z0-9' '-')"
}

# try_run COMMAND...: runs it with its output in the log.
try_run() {
	"$@" >"$try_log" 2>&1 </dev/null
}

# try NAME COMMAND...: runs one test. Shows the end of its log when it fails.
try() {
	try_name=$1
	shift
	try_log=$(log_of "$try_name")
	if working "$try_name" try_run "$@"; then
		say "ok    $try_name"
		count 1 0
	else
		tail -n 40 "$try_log"
		say "FAIL  $try_name (see $try_log)"
		count 0 1
		return 1
	fi
}

# failures_show LOG: prints the failed tests. Node's runner lists them at the end of its log; the others in between.
failures_show() {
	if grep -q '^✖ failing tests:' "$1"; then
		sed -n '/^✖ failing tests:/,$p' "$1" | head -n 200
	else
		grep -E '^(FAIL|not ok|✖)' "$1" | head -n 40
	fi
}

# try_counted NAME COMMAND...: runs a program whose last line is `N passed, N failed`, and adds its sums.
try_counted() {
	try_name=$1
	shift
	try_log=$(log_of "$try_name")
	try_status=0
	working "$try_name" try_run "$@" || try_status=$?
	try_line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$try_log" | tail -n 1)
	if [ -n "$try_line" ]; then
		say "$try_name: $try_line"
		try_failed=${try_line#* passed, }
		count "${try_line%% *}" "${try_failed%% *}"
		[ "${try_failed%% *}" -eq 0 ] || failures_show "$try_log"
	fi
	if [ -z "$try_line" ] || { [ "$try_status" -ne 0 ] && [ "${try_failed%% *}" -eq 0 ]; }; then
		tail -n 40 "$try_log"
		say "FAIL  $try_name (see $try_log)"
		count 0 1
	fi
}
