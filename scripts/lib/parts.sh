# shellcheck shell=sh
# The processes of an instance: finds and stops them.
#
# scripts/up starts each part (mariadb, gate, janus, pool, work, media, nginx) in a session of its own. It records the process
# id and the start time of the session's leader in $VAR/started, so that a process that got the same id later is never
# signalled. Only the user who started the parts can write there, because root may signal what these files name.

PARTS="mariadb gate janus pool work media nginx"

# started_at PID: prints the process' start time in ticks since boot; nothing if it has ended or is a zombie.
started_at() {
	[ -r "/proc/$1/stat" ] || return 0
	# The name in brackets may contain blanks: count the fields after it.
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

# leader PART: prints the record of the part's leader, "PID START".
leader() {
	[ -f "$VAR/started/$1.pid" ] || return 0
	cat "$VAR/started/$1.pid"
}

# running PART: is its leader alive?
running() {
	# shellcheck disable=SC2046
	set -- $(leader "$1")
	[ $# -eq 2 ] && [ "$(started_at "$1")" = "$2" ]
}

# members PART: prints all living processes of the part's session that are not older than its leader. The kernel does
# not reuse an id while its session has a process: if another process has the leader's id, the session is not the part's.
members() {
	# shellcheck disable=SC2046
	set -- $(leader "$1")
	[ $# -eq 2 ] || return 0
	# pid (name) state ppid pgrp session … start time; processes may end meanwhile
	cat /proc/[0-9]*/stat 2>/dev/null |
		awk -v leader="$1" -v start="$2" '{
			pid = $1
			sub(/^.*\) /, "")
			if (pid == leader && $20 != start)
				reused = 1
			if ($1 != "Z" && $4 == leader && $20 >= start)
				found = found pid "\n"
		}
		END {
			if (!reused)
				printf "%s", found
		}'
}

part_gone() {
	[ -z "$(members "$1")" ]
}

# stop PART SIGNAL SECONDS: signals the leader, waits, and kills the processes that are left.
stop() {
	stop_part=$1
	[ -n "$(leader "$stop_part")" ] || return 0
	if running "$stop_part"; then
		# shellcheck disable=SC2046
		set -- "$1" "$2" "$3" $(leader "$stop_part")
		kill -s "$2" "$4" 2>/dev/null || true
	else
		# The leader has ended: signal the others.
		# shellcheck disable=SC2046
		kill -s "$2" $(members "$stop_part") 2>/dev/null || true
	fi
	if ! wait_until "$3" part_gone "$stop_part"; then
		# shellcheck disable=SC2046
		kill -s KILL $(members "$stop_part") 2>/dev/null || true
		wait_until 5 part_gone "$stop_part" || fail "cannot stop $stop_part"
	fi
	rm -f "$VAR/started/$stop_part.pid"
	say "stopped $stop_part"
}

# stop_named PART: stops it with the signal that makes it end cleanly. pool-old and pool-new exist when a scripts/up was
# ended while it replaced the pool.
stop_named() {
	case $1 in
	nginx) stop nginx QUIT 3 ;;
	pool)
		stop pool TERM 5
		stop pool-old TERM 5
		stop pool-new TERM 5
		;;
	# It serves the requests in its queue, for at most as long as nginx waits for an answer.
	pool-old) stop pool-old TERM 70 ;;
	mariadb) stop mariadb TERM 20 ;;
	*) stop "$1" TERM 5 ;;
	esac
}

# records_renew: removes records from before this boot: other processes may have their ids now. Earlier versions kept
# the records in run/, where others can write: only records that belong to the caller are taken from there.
records_renew() {
	[ -d "$VAR/started" ] || {
		mkdir -m 700 "$VAR/started"
		for record in "$VAR/run/boot" "$VAR"/run/*.pid "$VAR"/run/*.made; do
			[ -h "$record" ] || [ ! -O "$record" ] || mv "$record" "$VAR/started/"
		done
	}
	boot=$(cat /proc/sys/kernel/random/boot_id)
	[ ! -e "$VAR/started/boot" ] || [ "$(cat "$VAR/started/boot")" = "$boot" ] ||
		rm -f "$VAR"/started/*.pid "$VAR"/started/*.made
	printf '%s\n' "$boot" >"$VAR/started/boot"
}

part_check() {
	case " $PARTS " in
	*" $1 "*) ;;
	*) fail "there is no part $1 (they are: $PARTS)" ;;
	esac
}
