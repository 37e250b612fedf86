# shellcheck shell=sh
# Configures Janus from the templates in scripts/janus, and starts it. For scripts/up.

# protected_folders: prints the folders that Janus must not write to. RECORDINGS_DIR is below none of them.
protected_folders() {
	comma=
	for folder in /bin /boot /dev /etc /initrd /lib /lib32 /lib64 /proc /sbin /sys /usr /var; do
		case $(setting RECORDINGS_DIR)/ in
		$folder/*) ;;
		*)
			printf '%s"%s"' "$comma" $folder
			comma=', '
			;;
		esac
	done
}

# janus_library_folders: prints where Janus' plugins and so on are, unless the program knows.
janus_library_folders() {
	[ -n "$JANUS_LIBRARIES" ] || return 0
	for kind in plugins transports events loggers; do
		printf '%s_folder = "%s/%s"; ' $kind "$JANUS_LIBRARIES" $kind
	done
}

# media_server: prints the name of this machine's Janus, as the service finds it.
media_server() {
	name=$(setting MEDIA_SERVER)
	name=${name:-$(setting HOST_NAME)}
	printf '%s' "${name:-$(uname -n)}" | tr -c 'A-Za-z0-9._-' '-' | cut -c 1-64
}

# janus_marks: prints a sed program that replaces the marks in Janus' templates. The values stand in quotes there.
janus_marks() {
	printf 's|@CONFIGS@|%s|g\n' "$VAR/janus"
	printf 's|@PROTECTED_FOLDERS@|%s|g\n' "$(protected_folders)"
	printf 's|@NAT_MAPPING@|%s|g\n' \
		"${PUBLIC_IP:+nat_1_1_mapping = \"$PUBLIC_IP\"; keep_private_host = true}"
	printf 's|@LIBRARY_FOLDERS@|%s|g\n' "$(janus_library_folders)"
	for name in JANUS_TOKEN_SECRET JANUS_ADMIN_SECRET JANUS_ADMIN_KEY JANUS_EVENT_USER \
		JANUS_EVENT_PASSWORD; do
		printf 's|@%s@|%s|g\n' "$name" "$(setting $name | sed 's/[\\"]/\\&/g' | sed_text)"
	done
	printf 's|@MEDIA_SERVER@|%s|g\n' "$(media_server)"
	printf 's|@JANUS_ADMIN_PORT@|%s|g\n' "$JANUS_ADMIN_PORT"
	printf 's|@GATE_PORT@|%s|g\n' "$GATE_PORT"
	printf 's|@JANUS_WS@|%s|g\n' "$(gate_janus)"
}

janus_configure() {
	janus_marks >"$VAR/marks.sed"
	for template in "$HERE"/scripts/janus/*.in; do
		target=$VAR/janus/$(basename "$template" .in)
		sed -f "$VAR/marks.sed" "$template" >"$target"
		if as_root; then
			chown "root:$JANUS_USER" "$target"
			chmod 640 "$target"
		fi
	done
	rm -f "$VAR/marks.sed"
}

janus_answers() {
	fetch -f -m 1 -o /dev/null -H 'Content-Type: application/json' \
		-d '{"janus":"ping","transaction":"up"}' "http://127.0.0.1:$JANUS_ADMIN_PORT/admin"
}

janus_start() {
	if [ "$(setting PROVIDER)" != janus ]; then
		return 0
	fi
	janus_configure
	if ! { cat "$VAR"/janus/*.jcfg && printf '%s\n' "$JANUS_COMMAND" "$JANUS_FILES"; } | going janus; then
		port_check "$JANUS_ADMIN_PORT" "JANUS_ADMIN_PORT in $VAR/ports"
		# The group may write to recordings, so that the service can remove them, and the gate may connect.
		umask 007
		# shellcheck disable=SC2086
		start janus "$JANUS_USER" multiwatch -s TERM -r 1000000 -t 100 -f 1 -- \
			$JANUS_COMMAND --configs-folder="$VAR/janus" --disable-colors
		umask 077
	fi
	started_or_fail 20 janus_answers janus
}

# janus_warn: prints a line when Janus should be replaced or updated.
janus_warn() {
	confabctl check 2>/dev/null | sed -n 's/^warn *provider janus: /Warning: /p'
}
