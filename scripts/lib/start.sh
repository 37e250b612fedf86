# shellcheck shell=sh
# Starts a part of an instance, and records it for parts.sh. For scripts/up.

# record NAME TEXT: writes started/NAME in one step.
record() {
	printf '%s\n' "$2" >"$VAR/started/new"
	mv -f "$VAR/started/new" "$VAR/started/$1"
}

# leftovers_stop PART: stops the part's processes when its leader was killed: they may keep its port.
leftovers_stop() {
	if ! running "$1" && [ -n "$(members "$1")" ]; then
		say "$1: processes of an earlier run are left"
		stop_named "$1"
	fi
}

# going PART <FILES: does it run, and was it started with these files (its program and settings)? If not, stops it.
going() {
	going_part=$1
	made=$({ cat && printf '%s\n' "$CLEAN"; } | cksum)
	if running "$going_part"; then
		[ "$(cat "$VAR/started/$going_part.made" 2>/dev/null)" != "$made" ] || return 0
		say "$going_part: its program or settings have changed"
		stop_named "$going_part"
	fi
	leftovers_stop "$going_part"
	record "$going_part.made" "$made"
	return 1
}

# log_make PART: makes the part's log, which the service's user can read.
log_make() {
	log=$VAR/log/$1.log
	[ -e "$log" ] || : >"$log"
	own "$SERVICE_USER:$SERVICE_USER" "$log"
}

# start PART USER [NAME=VALUE]... COMMAND...: starts it in a session of its own, with no other environment. Its output
# goes to the part's log.
start() {
	start_part=$1
	start_user=$2
	shift 2
	log_make "${start_part%-new}"
	# exec: $! is then the command itself. The part must not keep the lock (9).
	# shellcheck disable=SC2086
	if as_root; then
		(exec setpriv --reuid "$start_user" --regid "$start_user" --init-groups -- setsid $CLEAN "$@") \
			</dev/null >>"$log" 2>&1 9>&- &
	else
		(exec setsid $CLEAN "$@") </dev/null >>"$log" 2>&1 9>&- &
	fi
	start_pid=$!
	record "$start_part.pid" "$start_pid $(started_at "$start_pid")"
	[ "$start_part" = pool-new ] || say "started $start_part"
}

started_or_fail() {
	wait_until "$1" "$2" || {
		tail -n 15 "$VAR/log/$3.log" >&2
		fail "$3 does not answer; see $VAR/log/$3.log"
	}
}
