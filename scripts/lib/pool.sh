# shellcheck shell=sh
# Starts the pool of workers and the background jobs. For scripts/up.

# worker_waits PID: is this worker of the pool ready? Then it blocks exactly HUP, INT, QUIT, USR1 and TERM (1, 2, 3, 10,
# 15). A process that multiwatch is about to start blocks all signals for a moment.
worker_waits() {
	grep -Eq '^SigBlk:[[:blank:]]*0*4207$' "/proc/$1/status" 2>/dev/null
}

# pool_waits PART: does any worker wait for requests?
pool_waits() {
	for worker in $(members "$1"); do
		! worker_waits "$worker" || return 0
	done
	return 1
}

# live_status: prints the HTTP status of /health/live. curl exits with 7 when nobody listens.
live_status() {
	fetch -m 5 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/health/live"
}

pool_answers() {
	[ "$(live_status)" = 200 ]
}

# service_files PROGRAM: prints the program, the service's settings, and the path of the pool's socket.
service_files() {
	printf '%s\n' "$VAR/pool/confab.sock"
	grep -Ev '^(CONFAB_PORT|CONFAB_[A-Z]*_RATE|CONFAB_TRUSTED_PROXIES|CONFAB_SERVICE_HOSTS|JANUS_PUBLIC_IP|JANUS)=' "$VAR/confab.conf"
	cat "$BIN/$1"
}

# pool_is_made SUM: does the pool run on its socket, with the program and settings of this checksum?
pool_is_made() {
	running pool && [ -S "$VAR/pool/confab.sock" ] && [ "$(cat "$VAR/started/pool.made" 2>/dev/null)" = "$1" ]
}

# pool_new_start: starts a new pool beside the old one, on another socket. Its path may not be longer: paths have a limit.
pool_new_start() {
	stop pool-new TERM 5
	rm -f "$VAR/pool/confab.new"
	# A shell's background processes ignore INT and QUIT, and the workers would inherit that.
	start pool-new "$SERVICE_USER" CONFAB_CONF="$VAR/confab.conf" env --default-signal=INT,QUIT \
		spawn-fcgi -n -s "$VAR/pool/confab.new" -M 0660 -b 1024 -- \
		/usr/bin/multiwatch -s TERM -r 1000000 -t 100 -f "$WORKERS" -- "$BIN/confab.fcgi"
	! wait_until 20 pool_waits pool-new || return 0
	# The workers cannot start. Without this multiwatch would start new ones for ever, and fill the log. (The old
	# pool writes its requests to the same log.)
	grep -v '"requestId":' "$VAR/log/pool.log" | tail -n 15 >&2
	stop pool-new TERM 5 >&2
	! running pool || fail "the new pool does not start, the old one goes on; see $VAR/log/pool.log"
	fail "the pool does not start; see $VAR/log/pool.log"
}

# pool_exchange SUM: the new pool replaces the old one. No connection is refused or lost: nginx finds the new socket at
# once, and the old pool serves the requests in its queue before it ends.
pool_exchange() {
	run_as "$SERVICE_USER" mv -T "$VAR/pool/confab.new" "$VAR/pool/confab.sock"
	[ ! -e "$VAR/started/pool.pid" ] || record pool-old.pid "$(leader pool)"
	mv -f "$VAR/started/pool-new.pid" "$VAR/started/pool.pid"
	record pool.made "$1"
	say "started pool"
}

pool_start() {
	made=$({ service_files confab.fcgi && printf '%s\n' "$CLEAN"; } | cksum)
	if ! pool_is_made "$made"; then
		! running pool || say "pool: its program or settings have changed"
		pool_new_start
		# Left from an unfinished exchange. That pool has no socket any more.
		stop_named pool-old
		pool_exchange "$made"
	fi
	stop pool-new TERM 5
	stop_named pool-old
}

# jobs_start PART ARGUMENT...: starts confabctl work with these arguments.
jobs_start() {
	jobs_part=$1
	shift
	{ service_files confabctl && printf '%s\n' "$*"; } | going "$jobs_part" ||
		start "$jobs_part" "$SERVICE_USER" CONFAB_CONF="$VAR/confab.conf" \
			multiwatch -s TERM -r 1000000 -t 100 -f 1 -- "$BIN/confabctl" work "$@"
}

work_start() {
	jobs_start work --except media --except compose
}

media_start() {
	jobs_start media --lane media --lane compose
}
