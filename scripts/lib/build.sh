# shellcheck shell=sh
# Builds the programs of the clone in $HERE, in the folder $BUILD.

PROGRAMS="confab.fcgi confab-gate confab-media confabctl" # that an instance runs

# newer THIS THAT: is THIS newer than THAT, or is THAT missing?
newer() {
	[ ! -e "$2" ] || [ -n "$(find "$1" -newer "$2")" ]
}

# configure_make: makes ./configure when it is missing or older than its sources.
configure_make() {
	if newer "$HERE/configure.ac" "$HERE/configure" ||
		newer "$HERE/Makefile.am" "$HERE/Makefile.in"; then
		autoreconf -fi "$HERE"
	fi
}

# build_step COMMAND...: runs it with its output in the log. Fails with the end of the log.
build_step() {
	if ! "$@" >>"$VAR/log/build.log" 2>&1; then
		tail -n 20 "$VAR/log/build.log" >&2
		fail "the build failed; see $VAR/log/build.log"
	fi
}

# build: makes what is missing or older than its sources.
build() {
	[ "${CONFAB_NO_BUILD:-}" != 1 ] || return 0
	: >"$VAR/log/build.log"
	umask "$USER_UMASK" # the files of the build belong to the user, not to the instance
	# Several scripts/up may run in one clone: only one of them builds at a time.
	exec 8<"$HERE/scripts/up"
	flock -w 900 8 || fail "another scripts/up is building in $HERE"
	build_step configure_make
	mkdir -p "$BUILD"
	if [ ! -f "$BUILD/Makefile" ]; then
		[ ! -e "$HERE/config.status" ] ||
			fail "$HERE itself is configured, so no other folder can be: run make distclean in $HERE"
		say "configuring in $BUILD"
		(cd "$BUILD" && build_step "$HERE/configure" -q)
	fi
	# shellcheck disable=SC2086
	if ! make -q -C "$BUILD" $PROGRAMS >/dev/null 2>&1; then
		say "building in $BUILD"
		# shellcheck disable=SC2086
		working building build_step make -C "$BUILD" -j"$(nproc)" $PROGRAMS
	fi
	exec 8<&-
	umask 077
}
