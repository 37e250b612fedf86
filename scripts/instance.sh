# shellcheck shell=sh
# What the scripts share: words, the build's configure script, and an instance's processes.
#
# Each part (mariadb, janus, pool, work, nginx) is started in a session of its own, and its leader's
# process id is kept with its start time, so that no stranger with a reused id is ever signalled. These records
# are in $VAR/started, which only the one who started it can write: what is in them is signalled as root.

PARTS="mariadb janus pool work nginx"

# All that the parts have in their environment beside what is meant for them. The caller's shell may hold a
# proxy, and Janus would post its events and their password there.
CLEAN="env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

say() {
	printf '%s\n' "$*"
}

fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# janus_share: the instances of tests and benchmarks share one Janus, which is fetched once. As root it has to be where
# Janus' user reaches it.
janus_share() {
	CONFAB_JANUS_DIR=${CONFAB_JANUS_DIR:-$HERE/build/check/janus}
	case $(id -u)$CONFAB_JANUS_DIR in
	0/root/*) CONFAB_JANUS_DIR=/var/cache/confab-janus ;;
	esac
	export CONFAB_JANUS_DIR
}

# newer THIS THAT: is THIS newer, or THAT not there?
newer() {
	[ ! -e "$2" ] || [ -n "$(find "$1" -newer "$2")" ]
}

# configure_make: makes ./configure when it is missing or older than what it comes from.
configure_make() {
	if newer "$HERE/configure.ac" "$HERE/configure" ||
		newer "$HERE/Makefile.am" "$HERE/Makefile.in"; then
		autoreconf -fi "$HERE"
	fi
}

# absolute PATH: without resolving links, whether it is there or not.
absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s/%s\n' "$(pwd)" "$1" ;;
	esac
}

# others_write GROUP OWNER MODE: can others write what has this mode? A group that has its owner's name and no members
# is the owner alone.
others_write() {
	[ $((0$3 & 002)) -eq 0 ] || return 0
	[ $((0$3 & 020)) -ne 0 ] || return 1
	[ "$1" != "$2" ] || [ -n "$(getent group "$1" | cut -d: -f4)" ]
}

# The setting that names the folder which place_walk looks at.
PLACE_SETTING=CONFAB_VAR

# place_step PATH: fails unless PATH is a folder of root or of the one who runs this, in which nobody else can put
# another folder in the place of one that passed this. In a sticky folder (/tmp) nobody can.
place_step() {
	# One look, which follows no link: kind and mode in hexadecimal, then owner and group.
	# shellcheck disable=SC2046
	set -- "$1" $(stat -c '%f %u %U %G %a' "$1")
	case $((0x$2 & 0170000)) in
	$((0120000))) fail "$1 is a link, and root would work behind it: name the folder itself in $PLACE_SETTING" ;;
	$((0040000))) ;;
	*) fail "$1 is no folder" ;;
	esac
	[ "$3" -eq 0 ] || [ "$3" -eq "$(id -u)" ] ||
		fail "$1 belongs to $4, who could lead $(id -un) to another folder: choose another $PLACE_SETTING"
	if others_write "$5" "$4" "$6" && { [ "$1" = "$VAR" ] || [ $((0$6 & 01000)) -eq 0 ]; }; then
		fail "$1 can be written by others: choose another $PLACE_SETTING, or take that right away"
	fi
}

# place_walk look|make: place_step for each folder from / down to $VAR; make makes those that are missing. Once a
# folder has passed, nobody else can change what is below it, so nothing can be exchanged between the look and the use.
# The folders above this script are not looked at: a user who can change these can change the script as well.
place_walk() {
	case $VAR/ in
	*/../*) fail "$PLACE_SETTING may not hold ..: $VAR" ;;
	esac
	VAR=$(printf '%s\n' "$VAR" | sed -e ':again' -e 's,/\.\{0\,1\}/,/,' -e 't again' -e 's,/\.\{0\,1\}$,,')
	[ -n "$VAR" ] || fail "$PLACE_SETTING must be a folder of its own, not /"
	walk_at=
	walk_rest=${VAR#/}/
	while [ -n "$walk_rest" ]; do
		walk_at=$walk_at/${walk_rest%%/*}
		walk_rest=${walk_rest#*/}
		if [ ! -e "$walk_at" ] && [ ! -L "$walk_at" ]; then
			[ "$1" = make ] || return 0
			mkdir "$walk_at" || fail "cannot make $walk_at"
		fi
		case $HERE/ in
		"$walk_at"/*) ;;
		*) place_step "$walk_at" ;;
		esac
	done
}

# place_find: VAR, from CONFAB_VAR or ./var. That may be a link, of scripts/up (a clone in /root) or of the owner of
# the clone; where it leads to is looked at as closely as a CONFAB_VAR.
place_find() {
	VAR=$(absolute "${CONFAB_VAR:-$HERE/var}")
	if [ -z "${CONFAB_VAR:-}" ] && [ -L "$VAR" ]; then
		link_owner=$(stat -c %u "$VAR")
		[ "$link_owner" -eq 0 ] || [ "$link_owner" -eq "$(stat -c %u "$HERE")" ] ||
			fail "$VAR is a link of somebody else's"
		VAR=$(readlink -f "$VAR")
	fi
}

# started_at PID: the process' start time in ticks since boot; nothing if it is gone or a zombie.
started_at() {
	[ -r "/proc/$1/stat" ] || return 0
	# The name in brackets may hold blanks: the fields are counted behind it.
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

# worker_waits PID: has this worker of the pool started? It then blocks TERM, signal 15: in the mask, bit 2 of the
# fourth digit. So does, for a moment, a process that is still multiwatch and not yet the worker.
worker_waits() {
	[ "$(cat "/proc/$1/comm" 2>/dev/null)" = confab.fcgi ] &&
		grep -Eq '^SigBlk:.*[4-7c-f][0-9a-f]{3}$' "/proc/$1/status" 2>/dev/null
}

# pool_waits PART: is there a worker that waits for requests?
pool_waits() {
	for worker in $(members "$1"); do
		! worker_waits "$worker" || return 0
	done
	return 1
}

# leader PART: prints "PID START" of the part as it was recorded.
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

# members PART: all living processes of the part's session that are not older than its leader. An id is not given
# away as long as its session has anybody: when another process has the leader's, the session is that one's.
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

# fetch [CURL'S OPTIONS]...: from this machine, whatever proxy the caller's shell holds.
fetch() {
	curl --noproxy '*' -s "$@"
}

# wait_until SECONDS COMMAND...: until the command succeeds, or the time is over (1).
wait_until() {
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -le "$wait_end" ] || return 1
		sleep 0.05
	done
}

part_gone() {
	[ -z "$(members "$1")" ]
}

# stop PART SIGNAL SECONDS: tells the leader, waits, and ends whatever is left of the part.
stop() {
	stop_part=$1
	[ -n "$(leader "$stop_part")" ] || return 0
	if running "$stop_part"; then
		# shellcheck disable=SC2046
		set -- "$1" "$2" "$3" $(leader "$stop_part")
		kill -s "$2" "$4" 2>/dev/null || true
	else
		# Its leader is gone: tell everybody else.
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

# stop_named PART: each with the signal that makes it end cleanly. pool-old and pool-new are there when a scripts/up
# was ended while it put a new pool in the place of the old one.
stop_named() {
	case $1 in
	nginx) stop nginx QUIT 3 ;;
	pool)
		stop pool TERM 5
		stop pool-old TERM 5
		stop pool-new TERM 5
		;;
	# It serves what waits in its queue, which takes as long as nginx waits for it.
	pool-old) stop pool-old TERM 70 ;;
	mariadb) stop mariadb TERM 20 ;;
	*) stop "$1" TERM 5 ;;
	esac
}

# records_renew: forgets what was recorded before this boot, of processes that are gone: their ids may be others'
# now. Earlier versions kept the records in run/, where of those that are there only one's own count.
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
