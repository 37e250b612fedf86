# shellcheck shell=sh
# What all scripts use: messages, paths, requests to this machine, waiting.

# The whole environment of a part, besides what is meant for it. The caller's shell may name a proxy, and Janus would
# send its events, with their password, to that proxy.
CLEAN="env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

say() {
	printf '%s\n' "$*"
}

fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# working WHAT COMMAND...: runs a long command, and says how long it takes: every ten seconds, then every minute.
working() {
	work_what=$1
	shift
	# It ends with this script, too. Its sleep keeps no file of the script open.
	(
		seconds=0
		while sleep 1 >/dev/null 2>&1 8>&- 9>&- && kill -0 $$ 2>/dev/null; do
			seconds=$((seconds + 1))
			if [ $((seconds % 60)) -eq 0 ] || { [ $seconds -lt 60 ] && [ $((seconds % 10)) -eq 0 ]; }; then
				say "  $work_what: $seconds s"
			fi
		done
	) 8>&- 9>&- &
	work_ticker=$!
	work_status=0
	"$@" || work_status=$?
	kill "$work_ticker" 2>/dev/null || :
	wait "$work_ticker" 2>/dev/null || :
	return $work_status
}

# absolute PATH: prints it as an absolute path. It does not resolve links, and PATH need not exist.
absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s/%s\n' "$(pwd)" "$1" ;;
	esac
}

# fetch [CURL'S OPTIONS]...: a request to this machine, never through the proxy of the caller's shell.
fetch() {
	curl --noproxy '*' -s "$@"
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds. Fails when the time is over.
wait_until() {
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -le "$wait_end" ] || return 1
		sleep 0.05
	done
}

# sed_text: quotes standard input for the right side of sed's s|||.
sed_text() {
	sed 's/[\\|&]/\\&/g'
}

# janus_share: sets CONFAB_JANUS_DIR, so that all instances of tests and benchmarks share one Janus, fetched once. Janus'
# user cannot reach a folder in /root.
janus_share() {
	CONFAB_JANUS_DIR=${CONFAB_JANUS_DIR:-$HERE/build/check/janus}
	case $(id -u)$CONFAB_JANUS_DIR in
	0/root/*) CONFAB_JANUS_DIR=/var/cache/confab-janus ;;
	esac
	export CONFAB_JANUS_DIR
}
