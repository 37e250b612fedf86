# shellcheck shell=sh
# Configures nginx from the templates in nginx/, and starts it. For scripts/up.

CA_FILE=/etc/ssl/certs/ca-certificates.crt # of ca-certificates
BROTLI_MODULE=/usr/lib/nginx/modules/ngx_http_brotli_static_module.so # of libnginx-mod-http-brotli-static

# nginx_answers: does nginx answer, with or without the pool?
nginx_answers() {
	live_status >/dev/null || [ $? -ne 7 ]
}

is_off() {
	[ "$1" = off ] || [ "$1" = 0 ]
}

# limit ZONE RATE: prints the line for the location, or nothing.
limit() {
	is_off "$2" || printf 'limit_req zone=%s burst=%s nodelay;' "$1" $(($2 * 2))
}

# zone_rate RATE: prints the rate of the zone, which exists even when nothing is limited.
zone_rate() {
	if is_off "$1"; then
		printf 1
	else
		printf '%s' "$1"
	fi
}

# trusted: prints the lines for the trusted proxies, or nothing.
trusted() {
	[ "$TRUSTED_PROXIES" != off ] || return 0
	for address in $(proxies "$TRUSTED_PROXIES"); do
		printf 'set_real_ip_from %s; ' "$address"
	done
	printf 'real_ip_header X-Forwarded-For; real_ip_recursive on;'
}

# hosts: prints a line for each other host of the service, or nothing.
hosts() {
	[ "$SERVICE_HOSTS" != off ] || return 0
	for address in $(proxies "$SERVICE_HOSTS"); do
		printf 'allow %s; ' "$address"
	done
}

# media_origins: prints the media servers on other hosts. While the database is away they are those of the last time.
media_origins() {
	if confabctl media-servers --origins >"$VAR/nginx/origins.new" 2>/dev/null; then
		mv -f "$VAR/nginx/origins.new" "$VAR/nginx/origins"
	fi
	cat "$VAR/nginx/origins" 2>/dev/null || :
}

# recordings: prints the folder of recordings, or one that does not exist.
recordings() {
	folder=$(setting RECORDINGS_DIR)
	printf '%s' "${folder:-/nonexistent}" | sed 's|//*$||'
}

# resolver: prints the line for the machine's name servers, or nothing.
resolver() {
	servers=$(sed -n 's/^[[:blank:]]*nameserver[[:blank:]]*\([0-9.]\{1,\}\|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*\)\([[:blank:]].*\)\{0,1\}$/\1/p' \
		/etc/resolv.conf 2>/dev/null | sed 's/.*:.*/[&]/' | tr '\n' ' ') || true
	[ -z "$servers" ] || printf 'resolver %s;' "${servers% }"
}

listens() {
	printf 'listen 127.0.0.1:%s backlog=4096;' "$PORT"
	! has_ipv6 || printf ' listen [::1]:%s backlog=4096;' "$PORT"
}

# with_brotli LINE: prints the line if nginx can send files that are compressed with Brotli.
with_brotli() {
	[ ! -e "$BROTLI_MODULE" ] || printf '%s' "$1"
}

nginx_configure() {
	{
		printf 's|@LISTEN@|%s|\n' "$(listens)"
		printf 's|@LOCAL@||\n'
		printf 's|@SOCKET@|%s|\n' "$VAR/pool/confab.sock"
		printf 's|@MEDIA_SERVER@|%s|\n' "$(media_server)"
		printf 's|@MEDIA_ORIGINS@|%s|\n' "$(media_origins)"
		printf 's|@HOSTS@|%s|\n' "$(hosts)"
		printf 's|@GATE@|unix:%s:|\n' "$(gate_listen)"
		printf 's|@GATE_CONTROL@|127.0.0.1:%s|\n' "$GATE_PORT"
		printf 's|@HTML@|%s|\n' "$(printf '%s' "$HTML" | sed_text)"
		printf 's|@BROTLI@|%s|\n' "$(with_brotli 'brotli_static on;')"
		printf 's|@RECORDINGS@|%s|\n' "$(recordings | sed_text)"
		printf 's|@RESOLVER@|%s|\n' "$(resolver)"
		printf 's|@CA_FILE@|%s|\n' "$CA_FILE"
		printf 's|@TRUSTED@|%s|\n' "$(trusted)"
		printf 's|@TOKEN_RATE@|%s|\n' "$(zone_rate "$TOKEN_RATE")"
		printf 's|@WEBHOOK_RATE@|%s|\n' "$(zone_rate "$WEBHOOK_RATE")"
		printf 's|@TOKEN_LIMIT@|%s|\n' "$(limit confab_client_token "$TOKEN_RATE")"
		printf 's|@WEBHOOK_LIMIT@|%s|\n' "$(limit confab_client_webhook "$WEBHOOK_RATE")"
		printf 's|include mime.types|include /etc/nginx/mime.types|\n'
		printf '/^#/d\n' # the comments explain the marks
	} >"$VAR/marks.sed"
	sed -e '/^[[:blank:]]@GATE_LOCATIONS@/{' -e "r $HERE/nginx/gate.conf.in" -e 'd' -e '}' "$HERE/nginx/confab.conf.in" |
		sed -f "$VAR/marks.sed" >"$VAR/nginx/confab.conf"
	rm -f "$VAR/marks.sed"
	sed -e "s|@VAR@|$VAR|g" -e "s|@MODULES@|$(with_brotli "load_module $BROTLI_MODULE;")|" "$HERE/nginx/nginx.conf.in" >"$VAR/nginx/nginx.conf"
	if as_root; then
		chmod 644 "$VAR/nginx/confab.conf" "$VAR/nginx/nginx.conf"
	fi
}

# nginx_try: fails when nginx cannot read its new settings: a running nginx would silently keep the old ones.
nginx_try() {
	run_as "$WEB_USER" /usr/sbin/nginx -t -q -p "$VAR/nginx" -c "$VAR/nginx/nginx.conf" -e stderr ||
		fail "nginx refuses its settings"
}

# nginx_user_check: stops an nginx that an earlier version started as the service's user.
nginx_user_check() {
	as_root && running nginx || return 0
	# shellcheck disable=SC2046
	set -- $(leader nginx)
	[ "$(stat -c %U "/proc/$1")" = "$WEB_USER" ] || stop_named nginx
}

# nginx_renewed WORKER...: does nginx have a worker besides these? Then it uses the new settings.
nginx_renewed() {
	for process in $(members nginx); do
		case " $* " in
		*" $process "*) ;;
		*) return 0 ;;
		esac
	done
	return 1
}

# nginx_reload: nginx refuses some settings only at a reload, and says so only in its log.
nginx_reload() {
	# shellcheck disable=SC2046
	set -- $(leader nginx)
	nginx_leader=$1
	# shellcheck disable=SC2046
	set -- $(members nginx)
	kill -s HUP "$nginx_leader"
	wait_until 10 nginx_renewed "$@" || {
		tail -n 3 "$VAR/log/nginx.log" >&2
		fail "nginx goes on with its old settings; run scripts/down --only nginx, then scripts/up"
	}
}

# nginx_start: a running nginx takes new settings and keeps its connections. The new port is checked first: nginx would
# silently keep the old one.
nginx_start() {
	old_port=$(sed -n 's/^[[:blank:]]*listen 127.0.0.1:\([0-9]*\).*/\1/p' "$VAR/nginx/confab.conf" 2>/dev/null) || true
	nginx_configure
	nginx_try
	made=$(cat "$VAR/nginx/nginx.conf" "$VAR/nginx/confab.conf" | cksum)
	leftovers_stop nginx
	nginx_user_check
	if ! running nginx; then
		port_check "$PORT" CONFAB_PORT
		start nginx "$WEB_USER" /usr/sbin/nginx -p "$VAR/nginx" -c "$VAR/nginx/nginx.conf" -e stderr
	elif [ "$(cat "$VAR/started/nginx.made" 2>/dev/null)" != "$made" ]; then
		[ "$old_port" = "$PORT" ] || port_check "$PORT" CONFAB_PORT
		say "nginx: its settings have changed"
		nginx_reload
	fi
	record nginx.made "$made"
}
