#!/bin/sh
# Runs every route under valgrind, with success and with errors, and fails on a bad access or a leak.
set -eu

usage() {
	cat <<'USAGE'
Usage: CONFAB_VAR=FOLDER tests/valgrind.sh BUILD

Starts one worker of the build folder BUILD under valgrind, with the settings, database and Janus of the
running instance in CONFAB_VAR (scripts/up), behind an nginx of its own. Calls every route, stops the
worker, and ends with `valgrind: N requests, 0 errors`. The instance is to be thrown away: meetings and a
storage target are left in it.
USAGE
}

if [ $# -ne 1 ] || [ ! -x "$1/confab.fcgi" ] || [ ! -f "${CONFAB_VAR:-}/confab.conf" ]; then
	usage >&2
	exit 2
fi
build=$(cd "$1" && pwd)
CONFAB_CONF=$(cd "$CONFAB_VAR" && pwd)/confab.conf
export CONFAB_CONF
work=$(mktemp -d)
worker=
requests=0
failures=0

END_SECONDS=60    # valgrind looks for leaks meanwhile
START_SECONDS=30
REQUEST_SECONDS=60

# ---- the worker, and nginx in front of it ----

# wait_until SECONDS COMMAND...
wait_until() {
	left=$(($1 * 10))
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}

# gone PID: has the process ended? A child that is not waited for yet is a zombie.
gone() {
	[ ! -d "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

clean_up() {
	[ ! -f "$work/nginx.pid" ] || kill -s TERM "$(cat "$work/nginx.pid")" 2>/dev/null || true
	[ -z "$worker" ] || kill -s KILL "$worker" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

fail() {
	printf 'valgrind: %s\n' "$*" >&2
	[ ! -s "$work/valgrind.log" ] || tail -n 200 "$work/valgrind.log" >&2
	exit 1
}

# The storage for targets: accepts everything, but nothing in the bucket "refused".
nginx_configure() {
	cat >"$work/nginx.conf" <<CONF
user $(id -un) $(id -gn);
worker_processes 1;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $work/body;
	fastcgi_temp_path $work/fastcgi;
	proxy_temp_path $work/proxy;
	uwsgi_temp_path $work/uwsgi;
	scgi_temp_path $work/scgi;
	client_max_body_size 16m;
	fastcgi_read_timeout ${REQUEST_SECONDS}s;
	fastcgi_param REQUEST_METHOD \$request_method;
	fastcgi_param REQUEST_URI \$request_uri;
	fastcgi_param CONTENT_TYPE \$content_type;
	fastcgi_param CONTENT_LENGTH \$content_length;
	fastcgi_param REQUEST_ID \$request_id;
	fastcgi_param CONFAB_LOCAL \$http_x_test_local;
	fastcgi_param CONFAB_ACCEL \$http_x_test_accel if_not_empty;
	fastcgi_param CONFAB_SHORT_LINKS 1;
	fastcgi_param HTTP_RANGE \$http_range if_not_empty;
	fastcgi_param HTTP_IF_RANGE \$http_if_range if_not_empty;
	server {
		listen unix:$work/http.sock;
		location / { fastcgi_pass unix:$work/confab.sock; }
		location /-/ {
			internal;
			return 200;
		}
	}
	server {
		listen 127.0.0.1:$storage_port;
		location / { return 200; }
		location /refused/ { return 403 "<Error><Code>AccessDenied</Code></Error>"; }
	}
}
CONF
}

# nginx does not start on a port that is in use: try the next one.
nginx_start() {
	storage_port=3390
	while [ "$storage_port" -lt 3400 ]; do
		nginx_configure
		if nginx -p "$work" -e "$work/nginx.log" -c "$work/nginx.conf" 2>/dev/null; then
			return 0
		fi
		storage_port=$((storage_port + 1))
	done
	fail "nginx does not start: $(tail -n 1 "$work/nginx.log")"
}

# spawn-fcgi -n becomes the command: the process id is valgrind's.
worker_start() {
	env -i PATH="$PATH" CONFAB_CONF="$CONFAB_CONF" METRICS_FILE="$work/metrics" STORAGE_HOSTS=127.0.0.1 \
		STORAGE_ALLOW_HTTP=yes AWS_ACCESS_KEY=tests AWS_SECRET_KEY=tests AZURE_ACCOUNT_KEY=dGVzdHM= \
		ADD_AUDIT_LOG_MIXIN=yes WORKER_MAX_REQUESTS=0 CORS_ORIGINS=https://example.com \
		spawn-fcgi -n -s "$work/confab.sock" -- /usr/bin/env valgrind --leak-check=full \
		--show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=99 \
		--num-callers=30 --log-file="$work/valgrind.log" "$build/confab.fcgi" \
		>"$work/worker.log" 2>&1 &
	worker=$!
	wait_until "$START_SECONDS" test -S "$work/confab.sock" || fail "the worker does not start"
}

# ---- requests ----

# call STATUS METHOD PATH [CURL'S OPTIONS]...: without a bearer token; the answer is in $work/answer.
call() {
	expected=$1
	method=$2
	path=$3
	shift 3
	requests=$((requests + 1))
	status=$(curl --noproxy '*' -s -m "$REQUEST_SECONDS" --unix-socket "$work/http.sock" -o "$work/answer" \
		-w '%{http_code}' -X "$method" "$@" "http://localhost$path") || true
	[ "$status" != "$expected" ] || return 0
	failures=$((failures + 1))
	printf 'valgrind: %s %s gives %s, not %s: %s\n' "$method" "$path" "$status" "$expected" \
		"$(head -c 300 "$work/answer")" >&2
	# Nothing but timeouts would follow.
	! gone "$worker" || fail "the worker has ended"
}

# as TOKEN STATUS METHOD PATH [BODY]: a JSON body, if any.
as() {
	bearer=$1
	shift
	if [ $# -gt 3 ]; then
		call "$1" "$2" "$3" -H "Authorization: Bearer $bearer" \
			-H 'Content-Type: application/json' --data-binary "$4"
	else
		call "$1" "$2" "$3" -H "Authorization: Bearer $bearer"
	fi
}

# answer NAME: the text of this member in the last answer.
answer() {
	sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p" "$work/answer"
}

# token [OPTIONS]: mints a bearer token.
token() {
	"$build/confabctl" token --actor valgrind "$@"
}

setting() {
	sed -n "s/^$1=//p" "$CONFAB_CONF" | tail -n 1
}

# janus_token DATA: signed as Janus and the gate sign tokens.
janus_token() {
	printf '%s:%s' "$1" "$(printf %s "$1" | openssl dgst -sha1 -hmac "$(setting JANUS_TOKEN_SECRET)" -binary | base64)"
}

# gate STATUS PATH BODY: a question of the signalling gate.
gate() {
	as "$(setting GATE_SECRET)" "$1" POST "/internal/$2" "$3"
}

# event STATUS TYPE EVENT: one of Janus' events, over the path that only this host has.
event() {
	call "$1" POST /webhooks/session -H 'X-Test-Local: 1' -u "$event_user" \
		-H 'Content-Type: application/json' --data-binary \
		"[{\"type\":$2,\"timestamp\":$(date +%s)000000,\"session_id\":11,\"handle_id\":$handle,\"event\":$3}]"
}

video_event() {
	event "$1" 64 "{\"plugin\":\"janus.plugin.videoroom\",\"data\":$2}"
}

public_calls() {
	call 200 GET /health
	call 405 POST /health
	call 200 HEAD /health --head
	call 200 GET /health/live
	call 405 DELETE /health/live
	call 200 GET /openapi.json
	call 405 PUT /openapi.json
	call 404 GET /metrics
	call 404 GET /nothing
	call 400 GET /session/%zz
	call 400 GET '/archives?x=%ff'
	call 204 OPTIONS /session -H 'Origin: https://example.com' \
		-H 'Access-Control-Request-Method: POST' -H 'Access-Control-Request-Headers: authorization'
	call 401 GET /archives
	call 401 GET /archives -H 'Authorization: Bearer a.b.c'
	call 401 GET /archives -H "Authorization: Bearer ${all%?????}AAAAA"
	as "$one" 403 DELETE /archives/x
}

session_calls() {
	as "$all" 200 POST /session '{}'
	as "$all" 200 POST /session \
		'{"isScheduled":true,"scheduleTime":"2099-01-01T00:00:00Z","extId":"v","extMetadata":{"a":[1]}}'
	scheduled=$(cat "$work/answer")
	as "$all" 200 POST /session '{"enableArchiving":true,"extId":"recorded"}'
	link=$(cat "$work/answer")
	for _ in first again; do
		call 200 POST /session -H "Authorization: Bearer $all" -H "Idempotency-Key: $link"
	done
	as "$all" 422 POST /session '{"isScheduled":3,"extMetadata":[],"scheduleTime":"soon"}'
	as "$all" 400 POST /session '{"isScheduled":'
	as "$all" 400 POST /session '{"isScheduled":true,"scheduleTime":"2001-01-01T00:00:00Z"}'
	call 415 POST /session -H "Authorization: Bearer $all" -d 'a=b'
	head -c 1100000 /dev/zero >"$work/large"
	call 413 POST /session -H "Authorization: Bearer $all" -H 'Content-Type: application/json' \
		--data-binary "@$work/large"

	as "$all" 204 PATCH "/session/$scheduled" '{"extId":"w","extMetadata":{"b":null}}'
	as "$all" 200 GET "/session/$scheduled"
	as "$all" 200 GET '/session?limit=2'
	cursor=$(answer nextCursor)
	as "$all" 200 GET "/session?status=active&from=0&to=2099-01-02T00:00:00%2B01:00&cursor=$cursor"
	as "$all" 400 GET "/session?cursor=$cursor$cursor"
	as "$all" 400 GET '/session?from=soon'
	as "$all" 204 PATCH "/session/$scheduled" '{"deleted":true}'
	as "$all" 404 PATCH "/session/$scheduled" '{"extId":"w"}'
	as "$all" 404 GET "/session/$scheduled"
	as "$all" 422 PATCH "/session/$link" '{"extId":7,"what":1}'
}

token_calls() {
	as "$all" 200 POST "/session/$link/token" '{"role":"moderator","name":"Ann","data":"ann"}'
	session=$(answer sessionId)
	join_token=$(answer token)
	room_token=$(janus_token "4102444800,janus.plugin.videoroom,room=$session,uid=YW5u,role=publisher")
	core_token=$(janus_token "4102444800,janus,janus.plugin.videoroom,room=$session,uid=YW5u,role=moderator")
	as "$all" 200 POST "/session/$link/token" '{"role":"moderator","name":"Ann","data":"ann"}'
	as "$all" 200 POST "/session/$link/token" '{"role":"subscriber","data":"bob"}'
	watch_token=$(janus_token "4102444800,janus,janus.plugin.videoroom,room=$session,uid=Ym9i,role=subscriber")
	as "$one" 200 POST "/session/$link/token" '{}'
	as "$all" 200 POST "/session/$link/invites" '{"role":"moderator"}'
	as "$one" 403 POST "/session/$link/token" '{"role":"moderator"}'
	as "$all" 422 POST "/session/$link/token" '{"role":"king","expireTime":1}'
	as "$all" 404 POST /session/none/token '{}'
	as "$all" 200 POST "/session/$link/invites" '{"role":"publisher","name":"Eve"}'
	as "$all" 200 POST "/session/$link/invites" '{"role":"moderator"}'
	invite=$(answer token)
	code=$(answer url)
	as none 200 POST "/j/$link" "{\"code\":\"${code#*#}\"}"
	as none 404 POST "/j/$link" '{"code":"0000000000000000"}'
	as none 422 POST "/j/$link" '{}'
	as "$invite" 200 POST "/session/$link/token" '{"name":"Guest"}'
	guest=$(answer guest)
	as "$invite" 200 POST "/session/$link/token" "{\"guest\":\"$guest\"}"
	as "$invite" 403 POST "/session/$link/token" '{"guest":"guest-x.y"}'
	as "$invite" 403 POST "/session/$link/invites" '{}'
	as "$all" 422 POST "/session/$link/invites" '{"role":"king","name":""}'
	as "$all" 404 POST /session/none/invites '{}'
}

# ann has a join token; cid waits, and is admitted.
gate_calls() {
	gate 200 connections "{\"tokens\":[\"$join_token\",\"x\",7]}"
	gate 422 connections '{"tokens":1}'
	as "$all" 401 POST /internal/connections '{}'
	gate 200 events "{\"sessionId\":\"$session\",\"after\":0}"
	gate 422 events '{}'
	as "$join_token" 200 GET "/session/$link/events"
	as "$join_token" 200 GET "/session/$link/attendees"
	as "$join_token" 403 POST "/session/$link/token" '{}'
	as "$all" 204 PATCH "/session/$link" '{"access":"waitingRoom"}'
	as "$all" 200 POST "/session/$link/token" '{"data":"cid","name":"Cid"}'
	waiting_token=$(answer token)
	gate 200 connections "{\"tokens\":[\"$waiting_token\"]}"
	as "$waiting_token" 403 GET "/session/$link/attendees"
	as "$invite" 200 GET "/session/$link/attendees"
	as "$all" 204 POST "/session/$link/attendees/cid/admit"
	as "$all" 404 POST "/session/$link/attendees/nobody/admit"
	as "$all" 200 POST "/session/$link/token" '{"data":"dan"}'
	as "$all" 204 POST "/session/$link/attendees/admit"
	as "$all" 404 POST /session/none/attendees/admit
	as "$all" 200 POST "/session/$link/token" '{"data":"eve"}'
	as "$all" 204 DELETE "/session/$link/attendees/eve"
	as "$all" 204 PATCH "/session/$link" '{"access":"locked"}'
	as "$all" 403 POST "/session/$link/token" '{"data":"fay"}'
	as "$all" 204 PATCH "/session/$link" '{"access":"open"}'
}

event_calls() {
	call 401 POST /webhooks/session -d '[]'
	call 401 POST /webhooks/janus -d '[]'
	call 204 POST /webhooks/janus -u "$event_user" -d '[]'
	call 400 POST /webhooks/session -u "$event_user" -d '[{"type":'
	event 400 64 '7'
	event 204 64 '{"plugin":"other","data":{}}'
	video_event 204 \
		"{\"event\":\"joined\",\"room\":\"$session\",\"id\":\"stranger\",\"token\":\"$room_token\"}"
	video_event 204 "{\"event\":\"published\",\"room\":\"$session\",\"id\":\"stranger\"}"
	video_event 204 "{\"event\":\"leaving\",\"room\":\"$session\",\"id\":\"stranger\"}"
	event 204 2 '{"name":"detached"}'
	handle=23
	event 204 2 "{\"name\":\"attached\",\"token\":\"$core_token\"}"
	event 204 2 "{\"name\":\"attached\",\"token\":\"$watch_token\"}"
	as "$all" 200 GET "/session/$link/attendees"
	as "$all" 404 GET /session/none/attendees
	as "$all" 200 GET "/session/$link/attendance"
	call 200 GET "/session/$link/attendance" -H "Authorization: Bearer $all" -H 'Accept: text/csv'
	call 406 GET "/session/$link/attendance" -H "Authorization: Bearer $all" -H 'Accept: text/html'
	as "$all" 404 GET /session/none/attendance
	as "$all" 200 GET "/session/$link/events?after=1&limit=5"
	as "$all" 400 GET "/session/$link/events?after=x"
	as "$all" 404 GET /session/none/events
}

# bob only watches: there is nothing to mute.
moderation_calls() {
	as "$all" 204 POST "/session/$link/attendees/bob/mute" '{"muted":true}'
	as "$all" 422 POST "/session/$link/attendees/bob/mute" '{"muted":1}'
	as "$all" 404 POST "/session/$link/attendees/ann/mute"
	as "$all" 204 DELETE "/session/$link/attendees/bob"
	as "$all" 404 DELETE "/session/$link/attendees/nobody"
	as "$all" 403 POST "/session/$link/token" '{"data":"bob"}'
	event 204 2 "{\"name\":\"attached\",\"token\":\"$watch_token\"}"
	as "$all" 204 POST "/session/$link/attendees/bob/readmit"
	as "$all" 204 POST "/session/$link/attendees/bob/readmit"
}

recording_calls() {
	as "$all" 200 POST /session '{}'
	other=$(cat "$work/answer")
	as "$all" 200 POST "/session/$other/archives" '{"name":"first"}'
	second=$(answer id)
	as "$all" 409 POST "/session/$other/archives"
	as "$all" 422 POST "/session/$other/archives" '{"name":1}'
	as "$all" 404 POST /session/none/archives
	as "$all" 200 PATCH "/archives/$second/stop"
	as "$all" 409 PATCH "/archives/$second/stop"
	as "$all" 404 PATCH /archives/none/stop
}

sql() {
	MYSQL_PWD=$(setting DB_PASSWORD) mariadb --socket="$(setting DB_SOCKET)" --user="$(setting DB_USER)" \
		"$(setting DB_DATABASE)" -e "$1"
}

# The archive gets a composed file and a track, and one more file that is in the storage.
media_make() {
	folder=$(setting RECORDINGS_DIR)/$second
	mkdir -p "$folder"
	printf film >"$folder/a.mp4"
	printf track >"$folder/b.webm"
	sql "UPDATE archives SET status = 'available', storage = '{\"name\":\"AWSS3\",\"bucket\":\"b-1\",\"region\":\"r\"}',
		tracks = '[{\"file\":\"b.webm\",\"attendee\":\"x\",\"screen\":false,\"from\":0,\"to\":9,\"audio\":\"opus\",\"video\":\"vp8\",\"sizes\":[],\"orientations\":[{\"at\":1,\"degrees\":90,\"mirrored\":true}],\"pictures\":[{\"from\":0,\"to\":9}],\"size\":5}]'
		WHERE archive_id = '$second'"
	sql "INSERT INTO archive_files (archive_id, path, kind, content_type, size, local_copy, object, uploaded_at, created_on, modified_on)
		VALUES ('$second', 'a.mp4', 'composed', 'video/mp4', 4, TRUE, NULL, NULL, NOW(), NOW()),
		('$second', 'c.jpg', 'poster', 'image/jpeg', 4, FALSE, 'x/c.jpg', NOW(), NOW(), NOW())"
}

media_calls() {
	media_make
	as "$all" 200 GET "/archives?sessionId=none"
	as "$all" 200 GET "/archives/$second"
	signed=$(answer url)
	signed=/${signed#*://*/}
	call 200 GET "$signed"
	call 206 GET "$signed" -H 'Range: bytes=1-2'
	call 200 GET "$signed" -H 'Range: bytes=1-2' -H 'If-Range: "x"'
	call 416 GET "$signed" -H 'Range: bytes=9-'
	call 200 HEAD "$signed" --head
	call 403 GET "${signed}0"
	call 400 GET "$signed&file=a.mp4"
	call 401 GET "/archives/$second/media"
	call 200 GET "$signed" -H 'X-Test-Accel: 1'
	as "$all" 200 GET "/archives/$second/media?download=1"
	as "$all" 200 GET "/archives/$second/media?file=b.webm&download=1"
	as "$all" 302 GET "/archives/$second/media?file=c.jpg"
	call 200 GET "/archives/$second/media?file=c.jpg" -H "Authorization: Bearer $all" -H 'X-Test-Accel: 1'
	as "$all" 404 GET "/archives/$second/media?file=other"
	as "$all" 404 GET /archives/none/media
}

archive_calls() {
	as "$all" 200 GET "/archives?meetingLinkId=$link&limit=1"
	archive=$(answer id)
	as "$all" 400 GET '/archives?limit=0'
	as "$all" 400 GET '/archives?status=lost'
	as "$all" 200 GET "/archives/$archive"
	as "$all" 404 GET /archives/none
	as "$all" 409 DELETE "/archives/$archive"
	as "$all" 204 PATCH "/session/$link/end"
	as "$all" 400 PATCH "/session/$link/end"
	as "$all" 404 PATCH /session/none/end
	as "$all" 400 POST "/session/$link/token" '{}'
	as "$all" 200 DELETE "/archives/$archive"
	as "$all" 404 DELETE "/archives/$archive"
}

# Has the meeting be over for more than an hour.
meeting_age() {
	sql "UPDATE meetings SET end_time = end_time - INTERVAL 61 MINUTE WHERE meeting_link = '$link'"
}

erasure_calls() {
	as "$all" 409 DELETE "/session/$link/attendees/bob/data"
	meeting_age
	as "$all" 200 DELETE "/session/$link/attendees/bob/data"
	as "$all" 200 DELETE "/session/$link/attendees/bob/data"
	as "$all" 404 DELETE "/session/$link/attendees/nobody/data"
}

storage_calls() {
	endpoint=http://127.0.0.1:$storage_port
	as "$all" 200 PUT /archives/storage-target \
		"{\"name\":\"AWSS3\",\"bucket\":\"taken\",\"endpoint\":\"$endpoint\"}"
	as "$all" 200 PUT /archives/storage-target \
		"{\"name\":\"AZURE\",\"accountName\":\"tests\",\"container\":\"taken\",\"domain\":\"$endpoint\"}"
	as "$all" 400 PUT /archives/storage-target \
		"{\"name\":\"AWSS3\",\"bucket\":\"refused\",\"endpoint\":\"$endpoint\"}"
	as "$all" 422 PUT /archives/storage-target '{"name":"FLOPPY"}'
	as "$all" 200 DELETE /archives/storage-target
}

# Every route must have succeeded once, by the worker's own metrics.
routes_check() {
	call 200 GET /metrics -H 'X-Test-Local: 1'
	call 200 GET /metrics -H 'X-Test-Local: 1'
	sed -n 's/^confab_request_duration_seconds_count{method="\([A-Z]*\)",route="\([^"]*\)"}.*/\1 \2/p' \
		"$work/answer" | while read -r method route; do
		case $route in
		/*) ;;
		*) continue ;; # what fits no route
		esac
		grep -qF "confab_requests_total{method=\"$method\",route=\"$route\",status=\"20" \
			"$work/answer" || echo "$method $route"
	done >"$work/missed"
	[ ! -s "$work/missed" ] || fail "not called with success: $(paste -s -d, "$work/missed")"
}

worker_stop() {
	kill -s TERM "$worker"
	wait_until "$END_SECONDS" gone "$worker" || fail "the worker does not end"
	status=0
	wait "$worker" || status=$?
	worker=
}

nginx_start
worker_start
all=$(token --all)
handle=22
event_user=$(setting JANUS_EVENT_USER):$(setting JANUS_EVENT_PASSWORD)
one=$(token --permission GenerateMeetingToken)
public_calls
session_calls
one=$(token --permission GenerateMeetingToken --meeting "$link" --role publisher)
token_calls
gate_calls
event_calls
moderation_calls
recording_calls
media_calls
archive_calls
erasure_calls
storage_calls
routes_check
worker_stop
errors=$(sed -n 's/.*ERROR SUMMARY: \([0-9]*\) errors.*/\1/p' "$work/valgrind.log" | tail -n 1)
if [ "$status" -ne 0 ] || [ "${errors:-1}" -ne 0 ]; then
	fail "$requests requests, ${errors:-unknown} errors, exit status $status"
fi
[ "$failures" -eq 0 ] || fail "$failures of $requests requests gave another answer than they should"
echo "valgrind: $requests requests, $errors errors"
