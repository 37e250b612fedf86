# shellcheck shell=sh
# Configures confab-gate, the signalling gate before Janus, and starts it. For scripts/up.

GATE_USER=confab-gate

# Sockets of the gate: nginx connects to the first, the service to the second, the gate to the third, Janus' own.
gate_listen() {
	printf '%s' "$VAR/gate/web/sock"
}
gate_control() {
	printf '%s' "$VAR/gate/ctl/sock"
}
gate_janus() {
	printf '%s' "$VAR/gate/ws/sock"
}

# gate_settings: prints the settings of the gate. It gets no other secret of the service.
gate_settings() {
	printf '# Settings of confab-gate. scripts/up writes them anew from confab.conf at each start.\n'
	printf 'GATE_LISTEN=unix:%s\n' "$(gate_listen)"
	printf 'GATE_CONTROL=unix:%s,127.0.0.1:%s\n' "$(gate_control)" "$GATE_PORT"
	printf 'GATE_JANUS=unix:%s\n' "$(gate_janus)"
	printf 'GATE_POOL_URL=http://127.0.0.1:%s\n' "$PORT"
	printf 'GATE_STATE_DIR=%s\n' "$VAR/gate/state"
	printf 'GATE_JOIN_KEY=%s\n' "$(confabctl gate-key)"
	for name in GATE_SECRET JANUS_TOKEN_SECRET JANUS_EVENT_USER JANUS_EVENT_PASSWORD; do
		printf '%s=%s\n' "$name" "$(setting $name)"
	done
	printf 'JANUS_ADMIN_URL=http://127.0.0.1:%s/admin\n' "$JANUS_ADMIN_PORT"
	grep -E '^GATE_(RATE|BURST|TRICKLE_BURST|HANDLES|[A-Z]*_MAX|KEEP_SECONDS|HELLO_SECONDS)=' "$VAR/confab.conf" || true
}

gate_configure() {
	gate_settings >"$VAR/gate/conf.new"
	own "$GATE_USER:$GATE_USER" "$VAR/gate/conf.new"
	mv -f "$VAR/gate/conf.new" "$VAR/gate/conf"
}

gate_answers() {
	[ "$(fetch -m 1 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$GATE_PORT/connections")" = 401 ]
}

gate_start() {
	if [ "$(setting PROVIDER)" != janus ]; then
		return 0
	fi
	gate_configure
	if ! cat "$VAR/gate/conf" "$BIN/confab-gate" | going gate; then
		port_check "$GATE_PORT" "GATE_PORT in $VAR/ports"
		# The group of each socket's folder may connect.
		umask 007
		start gate "$GATE_USER" CONFAB_CONF="$VAR/gate/conf" \
			multiwatch -s TERM -r 1000000 -t 100 -f 1 -- "$BIN/confab-gate"
		umask 077
	fi
	started_or_fail 10 gate_answers gate
}
