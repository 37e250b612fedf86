# shellcheck shell=sh
# The settings of an instance ($VAR/confab.conf). For scripts/up.

# For grep -Ex: an address, with or without the bits of its network. nginx checks the rest of an IPv6 address.
BYTE='(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
NETWORK_4="$BYTE(\\.$BYTE){3}(/(3[0-2]|[12]?[0-9]))?"
NETWORK_6='[0-9a-fA-F]*:[0-9a-fA-F:]*(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?'

# secret: prints 48 random bytes in base64url.
secret() {
	openssl rand -base64 48 | tr -d '\n' | tr '+/' '-_'
}

# setting NAME: prints its value in confab.conf. The first of two lines counts, as it does for the service.
setting() {
	sed -n "s/^[[:blank:]]*$1[[:blank:]]*=[[:blank:]]*//p" "$VAR/confab.conf" | sed "1!d
		s/[[:blank:]]*\$//
		s/^\\(['\"]\\)\\(.*\\)\\1\$/\\2/"
}

# setting_put FILE NAME VALUE: replaces or adds the line. An empty value removes it.
setting_put() {
	grep -v "^$2=" "$1" >"$VAR/settings.new" || true
	[ -z "$3" ] || printf '%s=%s\n' "$2" "$3" >>"$VAR/settings.new"
	chmod 600 "$VAR/settings.new"
	mv "$VAR/settings.new" "$1"
}

# conf_put NAME VALUE: does the same in confab.conf, which keeps its owner.
conf_put() {
	[ "$(setting "$1")" != "$2" ] || return 0
	setting_put "$VAR/confab.conf" "$1" "$2"
	own "$SERVICE_USER:$SERVICE_USER" "$VAR/confab.conf"
}

# confabctl ARGUMENT...: runs it with the environment of the parts.
confabctl() {
	# shellcheck disable=SC2086
	run_as "$SERVICE_USER" $CLEAN CONFAB_CONF="$VAR/confab.conf" "$BIN/confabctl" "$@"
}

# workers_preset: prints how many workers suit a Janus on this machine.
workers_preset() {
	printf '%s\n' $(($(nproc) * 2))
}

settings_make() {
	settings_new=1
	say "making $VAR/confab.conf"
	admin_port=$(port_free)
	gate_port=$(port_free)
	[ "$admin_port" != "$gate_port" ] || gate_port=$((gate_port + 1))
	cat >"$VAR/confab.conf.new" <<END
# Settings of this instance, with its secrets. Made by scripts/up, which keeps them.
CONFAB_PORT=3000
PUBLIC_URL=http://127.0.0.1:3000
CONFAB_WORKERS=$(workers_preset)
DB_SOCKET=$VAR/run/mariadb.sock
DB_USER=confab_app
DB_PASSWORD=$(secret)
DB_DATABASE=confab
SERVICE_SECRET=$(secret)
JWT_SECRET=$(secret)
JWT_ISSUER=confab
PROVIDER=janus
JANUS_ADMIN_URL=http://127.0.0.1:$admin_port/admin
JANUS_ADMIN_SECRET=$(secret)
JANUS_ADMIN_KEY=$(secret)
JANUS_TOKEN_SECRET=$(secret)
JANUS_EVENT_USER=janus
JANUS_EVENT_PASSWORD=$(secret)
GATE_SECRET=$(secret)
GATE_CONTROL=unix:$VAR/gate/ctl/sock
RECORDINGS_DIR=$VAR/recordings
METRICS_FILE=$VAR/run/metrics
END
	if [ -n "${CONFAB_CONF_EXTRA:-}" ]; then
		while read -r line || [ -n "$line" ]; do
			case $line in
			'' | '#'*) ;;
			*=*) setting_put "$VAR/confab.conf.new" "${line%%=*}" "${line#*=}" ;;
			*) fail "$CONFAB_CONF_EXTRA: not NAME=value: $line" ;;
			esac
		done <"$CONFAB_CONF_EXTRA"
	fi
	printf 'JANUS_ADMIN_PORT=%s\nGATE_PORT=%s\n' "$admin_port" "$gate_port" >"$VAR/ports"
	mv "$VAR/confab.conf.new" "$VAR/confab.conf"
}

# number NAME VALUE LEAST MOST
number() {
	case $2 in
	'' | *[!0-9]* | 0?* | ??????*) fail "$1 must be a whole number from $3 to $4, not '$2'" ;;
	esac
	if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		fail "$1 must be a whole number from $3 to $4, not '$2'"
	fi
}

# proxies VALUE: prints the addresses, separated by blanks; nothing for off.
proxies() {
	[ "$1" = off ] || printf '%s\n' "$1" | tr , ' '
}

# setting_check NAME VALUE: checks a setting of scripts/up.
setting_check() {
	case $1 in
	CONFAB_PORT) number "$1" "$2" 1024 65535 ;;
	CONFAB_WORKERS) number "$1" "$2" 1 4096 ;;
	CONFAB_TOKEN_RATE | CONFAB_WEBHOOK_RATE) [ "$2" = off ] || number "$1" "$2" 0 99999 ;;
	CONFAB_TRUSTED_PROXIES | CONFAB_SERVICE_HOSTS)
		for address in $(proxies "$2"); do
			printf '%s\n' "$address" | grep -Eqx "$NETWORK_4|$NETWORK_6" ||
				fail "$1 must be addresses or networks, not '$address'"
		done
		;;
	JANUS_PUBLIC_IP)
		case $2 in
		*[!0-9a-fA-F.:]*) fail "$1 must be an address, not '$2'" ;;
		esac
		;;
	JANUS | CONFAB_JANUS_DIR)
		case $2 in
		*[!A-Za-z0-9_./+@,-]*) fail "$1 may hold letters, digits and _./+@,- only: $2" ;;
		/*) ;;
		*) [ "$1=$2" = JANUS=off ] || fail "$1 must be an absolute path, not '$2'" ;;
		esac
		;;
	esac
}

# settings_renew: a setting in the environment replaces the one of an earlier run.
settings_renew() {
	for name in CONFAB_PORT CONFAB_WORKERS CONFAB_TOKEN_RATE CONFAB_WEBHOOK_RATE CONFAB_TRUSTED_PROXIES \
		CONFAB_SERVICE_HOSTS JANUS_PUBLIC_IP JANUS CONFAB_JANUS_DIR; do
		eval "value=\${$name:-}"
		# shellcheck disable=SC2154
		if [ -z "$value" ] || [ "$value" = "$(setting $name)" ]; then
			continue
		fi
		setting_check $name "$value"
		[ $name != CONFAB_PORT ] ||
			[ "$(setting PUBLIC_URL)" != "http://127.0.0.1:$(setting CONFAB_PORT)" ] ||
			setting_put "$VAR/confab.conf" PUBLIC_URL "http://127.0.0.1:$value"
		setting_put "$VAR/confab.conf" $name "$value"
	done
}

# setting_checked NAME PRESET: prints the setting, or PRESET when there is none. Fails when it is wrong.
setting_checked() {
	value=$(setting "$1")
	value=${value:-$2}
	setting_check "$1" "$value"
	printf '%s\n' "$value"
}

# settings_try: has the service check its settings before any part is stopped: with a wrong one no new worker starts.
settings_try() {
	[ -z "$(setting BASE_PATH)" ] ||
		fail "BASE_PATH in $VAR/confab.conf is for CGI servers; nginx serves the site without it: remove it"
	confabctl check --settings >/dev/null || exit 1
}

settings_read() {
	settings_new=
	[ -f "$VAR/confab.conf" ] || settings_make
	settings_renew
	# An instance that was made before there was a gate.
	[ -n "$(setting GATE_SECRET)" ] || conf_put GATE_SECRET "$(secret)"
	[ -n "$(setting GATE_CONTROL)" ] || conf_put GATE_CONTROL "unix:$VAR/gate/ctl/sock"
	# Its Janus still has JANUS_WS_PORT.
	grep -q '^GATE_PORT=' "$VAR/ports" || {
		sed -i '/^JANUS_WS_PORT=/d' "$VAR/ports"
		printf 'GATE_PORT=%s\n' "$(port_free)" >>"$VAR/ports"
	}
	own "$SERVICE_USER:$SERVICE_USER" "$VAR/confab.conf"
	PORT=$(setting_checked CONFAB_PORT 3000)
	WORKERS=$(setting_checked CONFAB_WORKERS "$(workers_preset)")
	TOKEN_RATE=$(setting_checked CONFAB_TOKEN_RATE 50)
	WEBHOOK_RATE=$(setting_checked CONFAB_WEBHOOK_RATE 100)
	PUBLIC_IP=$(setting_checked JANUS_PUBLIC_IP '')
	TRUSTED_PROXIES=$(setting_checked CONFAB_TRUSTED_PROXIES off)
	SERVICE_HOSTS=$(setting_checked CONFAB_SERVICE_HOSTS off)
	# shellcheck source=/dev/null
	. "$VAR/ports"
}
