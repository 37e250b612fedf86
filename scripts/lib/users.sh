# shellcheck shell=sh
# The users of an instance. Without root everything runs as the user who starts scripts/up.

SERVICE_USER=confab
JANUS_USER=confab-janus
WEB_USER=confab-web

as_root() {
	[ "$(id -u)" -eq 0 ]
}

users_make() {
	as_root || return 0
	for user in "$SERVICE_USER" "$JANUS_USER" "$WEB_USER" "$GATE_USER"; do
		id "$user" >/dev/null 2>&1 || {
			say "making the user $user"
			useradd --system --user-group --no-create-home --home-dir /nonexistent \
				--shell /usr/sbin/nologin "$user"
		}
	done
	# Not the other way round: Janus and nginx talk to strangers, so they are not in the service's group.
	case " $(id -nG "$SERVICE_USER") " in
	*" $JANUS_USER "*) ;;
	*) usermod -aG "$JANUS_USER" "$SERVICE_USER" ;;
	esac
}

# run_as USER COMMAND...: runs the command as that user, if the caller is root.
run_as() {
	run_user=$1
	shift
	if as_root; then
		setpriv --reuid "$run_user" --regid "$run_user" --init-groups -- "$@"
	else
		"$@"
	fi
}

own() {
	as_root || return 0
	chown "$@"
}
