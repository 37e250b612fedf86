# shellcheck shell=sh
# Makes the folders of an instance, and copies the programs into it. For scripts/up.

SOCKET_PATH_MAX=107 # bytes of a Unix socket's path

# reachable FOLDER: can the service's user enter it, or the nearest folder above it that exists?
reachable() {
	reach=$1
	while [ ! -d "$reach" ]; do
		reach=$(dirname "$reach")
	done
	run_as "$SERVICE_USER" test -x "$reach"
}

# place_choose: checks $VAR. The service's user cannot enter a clone in /root: ./var is then a link to a folder in
# /var/lib.
place_choose() {
	case $VAR in
	# MariaDB reads tmpdir as a list with colons, and env reads a word with = as a variable.
	*[!A-Za-z0-9_./+@,-]*) fail "CONFAB_VAR may hold letters, digits and _./+@,- only: $VAR" ;;
	esac
	[ $((${#VAR} + 17)) -le $SOCKET_PATH_MAX ] ||
		fail "CONFAB_VAR is too long, a Unix socket's path has $SOCKET_PATH_MAX bytes at most: $VAR"
	place_walk look
	as_root || return 0
	! reachable "$VAR" || return 0
	if [ -n "${CONFAB_VAR:-}" ] || [ -e "$VAR" ]; then
		fail "the user $SERVICE_USER cannot reach $VAR: a folder above it is closed to others"
	fi
	place=/var/lib/confab
	number=1
	while ! mkdir "$place" 2>/dev/null; do
		number=$((number + 1))
		[ $number -le 100 ] || fail "cannot make /var/lib/confab"
		place=/var/lib/confab-$number
	done
	ln -s "$place" "$VAR"
	say "$VAR is a link to $place: the user $SERVICE_USER cannot reach folders below $HERE"
	VAR=$place
}

# folders_make: root writes only in folders that belong to root, so that no service can put a link there.
folders_make() {
	umask 022
	place_walk make
	[ -O "$VAR" ] ||
		fail "$VAR belongs to $(stat -c %U "$VAR"): start it as that user, or choose another CONFAB_VAR"
	umask 077
	mkdir -p "$VAR/log" "$VAR/run" "$VAR/pool" "$VAR/tmp" "$VAR/janus" "$VAR/recordings" "$VAR/nginx" \
		"$VAR/gate/web" "$VAR/gate/ctl" "$VAR/gate/ws" "$VAR/gate/state"
	for name in run body proxy fastcgi uwsgi scgi; do
		folder=$VAR/nginx/$name
		# In earlier versions nginx ran as the service's user.
		! as_root || [ ! -d "$folder" ] || [ "$(stat -c %U "$folder")" = "$WEB_USER" ] || rm -rf "$folder"
		mkdir -p "$folder"
		own "$WEB_USER:$WEB_USER" "$folder"
	done
	as_root || return 0
	chmod a+rx "$VAR"
	own "root:$SERVICE_USER" "$VAR/log" "$VAR/run"
	own "root:$WEB_USER" "$VAR/nginx"
	chmod 750 "$VAR/log" "$VAR/nginx"
	chmod 1770 "$VAR/run"
	# The pool's socket inherits the group. nginx reaches nothing else of the service.
	own "$SERVICE_USER:$WEB_USER" "$VAR/pool"
	chmod 2710 "$VAR/pool"
	own "$SERVICE_USER:$SERVICE_USER" "$VAR/tmp"
	own "root:$JANUS_USER" "$VAR/janus"
	chmod 750 "$VAR/janus"
	# Each socket inherits its folder's group, which connects to it.
	chmod 711 "$VAR/gate"
	own "$GATE_USER:$WEB_USER" "$VAR/gate/web"
	own "$GATE_USER:$SERVICE_USER" "$VAR/gate/ctl"
	own "$JANUS_USER:$GATE_USER" "$VAR/gate/ws"
	chmod 2710 "$VAR/gate/web" "$VAR/gate/ctl" "$VAR/gate/ws"
	own "$GATE_USER:$GATE_USER" "$VAR/gate/state"
	# The service and Janus write here. The service's user is in Janus' group, which files and folders inherit.
	own "$SERVICE_USER:$JANUS_USER" "$VAR/recordings"
	chmod 2770 "$VAR/recordings"
	# nginx sends recordings, but must neither change them nor be in Janus' group. New folders and files inherit this.
	setfacl -R -m "u:$WEB_USER:rX,d:u:$WEB_USER:rX" "$VAR/recordings" ||
		say "nginx cannot send recordings: the file system of $VAR/recordings has no access lists"
}

# html_place: the page's files. Pages that are open go on using those from before.
html_place() {
	"$HERE/scripts/page-files" "$HERE/nginx/html" "$HTML" || fail "the page's files cannot be placed in $HTML"
}

# app_place: sets where the programs are. For root they are copied: the service's user cannot read a clone in /root.
app_place() {
	if ! as_root; then
		BIN=$BUILD
		SQL=$HERE/sql
		HTML=$VAR/html
		JANUS_TOOL=$HERE/scripts/confab-janus
		html_place
		return 0
	fi
	BIN=$VAR/app
	SQL=$VAR/app/sql
	HTML=$VAR/app/html
	JANUS_TOOL=$VAR/app/confab-janus
	mkdir -p "$BIN"
	# A running program cannot be overwritten, and nobody may see half a folder: make a copy, then rename it.
	for source in "$BUILD/confab.fcgi" "$BUILD/confabctl" "$BUILD/confab-gate" "$BUILD/confab-media" "$HERE/sql" \
		"$HERE/scripts/confab-janus"; do
		target=$BIN/$(basename "$source")
		if [ ! -e "$source" ] || diff -rq "$source" "$target" >/dev/null 2>&1; then
			continue
		fi
		rm -rf "$target.new" "$target.old"
		cp -r "$source" "$target.new"
		[ ! -d "$target" ] || mv "$target" "$target.old"
		mv "$target.new" "$target"
		rm -rf "$target.old"
	done
	html_place
	chmod -R a+rX "$BIN"
}
