# shellcheck shell=sh
# The private database of an instance, and its tables. For scripts/up.

sql() {
	run_as "$SERVICE_USER" mariadb --no-defaults --protocol=socket -S "$VAR/run/mariadb.sock" "$@"
}

mariadb_answers() {
	sql -e 'SELECT 1' >/dev/null 2>&1
}

# mariadb_make: makes the database under another name, and renames it when it is complete.
mariadb_make() {
	say "making the database"
	rm -rf "$VAR/db.new"
	mkdir "$VAR/db.new"
	own "$SERVICE_USER:$SERVICE_USER" "$VAR/db.new"
	# Without the caller's TMPDIR: the service's user may be unable to enter it.
	# shellcheck disable=SC2086
	run_as "$SERVICE_USER" $CLEAN mariadb-install-db --no-defaults --datadir="$VAR/db.new" --tmpdir="$VAR/tmp" \
		--auth-root-authentication-method=socket \
		--auth-root-socket-user="$(run_as "$SERVICE_USER" id -un)" --skip-test-db --skip-name-resolve \
		--innodb-log-file-size=128M >"$VAR/log/mariadb-install.log" 2>&1 ||
		fail "the database could not be made; see $VAR/log/mariadb-install.log"
	mv -T "$VAR/db.new" "$VAR/db"
}

# sql_text VALUE: prints it as an SQL string.
sql_text() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"
}

mariadb_start() {
	if [ -n "$(setting DB_HOST)" ]; then
		say "using the database at $(setting DB_HOST)"
		return 0
	fi
	[ -d "$VAR/db/mysql" ] || mariadb_make
	# A private server without a port. Every COMMIT is on the disk before it is acknowledged.
	going mariadb </dev/null || start mariadb "$SERVICE_USER" multiwatch -s TERM -r 1000000 -t 100 -f 1 -- \
		/usr/sbin/mariadbd --no-defaults --datadir="$VAR/db" --socket="$VAR/run/mariadb.sock" \
		--pid-file="$VAR/run/mariadbd.id" --skip-networking --skip-name-resolve --skip-log-bin \
		--tmpdir="$VAR/tmp" --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M \
		--innodb-log-file-size=128M --max-connections=200 --performance-schema=OFF \
		--character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci
	started_or_fail 30 mariadb_answers mariadb
	database=$(setting DB_DATABASE)
	account="$(sql_text "$(setting DB_USER)")@'localhost'"
	# Through standard input: other users can read command lines, and this has a password.
	sql <<END
CREATE DATABASE IF NOT EXISTS \`$database\` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS $account;
ALTER USER $account IDENTIFIED BY $(sql_text "$(setting DB_PASSWORD)");
GRANT ALL ON \`$database\`.* TO $account;
END
}

migrate() {
	confabctl migrate --dir "$SQL" >>"$VAR/log/migrate.log" 2>&1 || {
		tail -n 5 "$VAR/log/migrate.log" >&2
		fail "the tables could not be made"
	}
}
