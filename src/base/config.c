/* The table of settings, and how their values are read. */
#include "base/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config_file.h"
#include "base/host_list.h"
#include "base/text.h"

enum {
	SECRET_MAX = 16 * 1024, /* bytes of the file that NAME_FILE names */
	MEDIA_SERVER_MAX = 64,  /* bytes, as meeting/session_ref.h */
	DEFAULTS_MAX =
	    HOST_NAME_MAX + 1 + MEDIA_SERVER_MAX + 1, /* bytes of what is found out here */
};

#define TEXT(member, name, preset, purpose)                                                        \
	{                                                                                          \
		name, SETTING_TEXT, offsetof(struct config, member), preset, 0, 0, 0, purpose      \
	}
#define SECRET(member, name, purpose)                                                              \
	{                                                                                          \
		name, SETTING_SECRET, offsetof(struct config, member), "", 0, 0, 0, purpose        \
	}
#define INTEGER(member, name, preset, minimum, maximum, purpose)                                   \
	{                                                                                          \
		name, SETTING_INTEGER, offsetof(struct config, member), preset, minimum, maximum,  \
		    1, purpose                                                                     \
	}
#define DURATION(member, name, preset, minimum, maximum, unit, purpose)                            \
	{                                                                                          \
		name, SETTING_DURATION, offsetof(struct config, member), preset, minimum, maximum, \
		    unit, purpose                                                                  \
	}
#define FLAG(member, name, preset, purpose)                                                        \
	{                                                                                          \
		name, SETTING_FLAG, offsetof(struct config, member), preset, 0, 0, 0, purpose      \
	}

static const struct setting settings[] = {
    TEXT(db_host, "DB_HOST", "",
	"Database server, or several separated by commas, each with or without :port. Without"
	" this setting DB_SOCKET is used"),
    INTEGER(db_port, "DB_PORT", "3306", 1, 65535,
	"Database server's TCP port where DB_HOST names none"),
    TEXT(db_socket, "DB_SOCKET", "", "Database server's Unix socket"),
    TEXT(db_user, "DB_USER", "confab", "Database user"),
    SECRET(db_password, "DB_PASSWORD", "Database user's password"),
    TEXT(db_database, "DB_DATABASE", "confab", "Name of the database"),
    TEXT(db_tls_ca, "DB_TLS_CA", "",
	"CA certificate (PEM). With it the connection to the database uses TLS, and this CA"
	" must have signed the server's certificate"),
    DURATION(db_deadline, "DB_DEADLINE_MS", "8000", 100, 60000, MILLISECOND,
	"Milliseconds a request may wait for the database before it answers 503"),
    TEXT(provider, "PROVIDER", "janus", "Provider that carries the media: janus"),
    TEXT(public_url, "PUBLIC_URL", "http://127.0.0.1:3000",
	"The service's address as browsers see it, without a path"),
    TEXT(base_path, "BASE_PATH", "", "Path before every operation, for example /confab"),
    SECRET(service_secret, "SERVICE_SECRET",
	"The service's own key (32 bytes or more). Room secrets and participant ids are"
	" derived from it"),
    TEXT(cors_origins, "CORS_ORIGINS", "",
	"Origins, separated by blanks or commas, whose pages may call the service"),
    TEXT(brand_name, "BRAND_NAME", "",
	"Name of the organisation that the page shows, where a meeting has no branding of its own"),
    TEXT(brand_color, "BRAND_COLOR", "", "Its colour: #rrggbb"),
    TEXT(brand_logo, "BRAND_LOGO", "",
	"Its logo: the name of a .svg, .png, .webp or .jpg file in the site's folder brand"),
    INTEGER(workers, "CONFAB_WORKERS", "4", 1, 4096,
	"Processes in the pool: 2 per core with Janus on this host, 16 per core with a cloud"
	" provider"),
    INTEGER(worker_max_requests, "WORKER_MAX_REQUESTS", "100000", 0, INT32_MAX,
	"Requests after which a worker is replaced by a new one; 0: never"),
    DURATION(time_to_start, "TIME_TO_START", "30", 0, 525600, MINUTE,
	"Minutes before its time at which a scheduled meeting opens"),
    DURATION(token_ttl, "TOKEN_TTL", "7200", 60, 86400, SECOND,
	"Life of a join token in seconds, if the request does not say"),
    DURATION(invite_ttl, "INVITE_TTL", "86400", 60, 34560000, SECOND,
	"Life of an invite in seconds, from the scheduled time on, if the request does not"
	" say"),
    TEXT(metrics_file, "METRICS_FILE", "",
	"File that the workers share for their counters; without it each worker counts alone"),
    TEXT(recordings_dir, "RECORDINGS_DIR", "", "Folder for recordings, shared with Janus"),
    INTEGER(recording_min_free, "RECORDING_MIN_FREE", "500", 0, 1000000000,
	"MiB that must be free in RECORDINGS_DIR to start a recording, and while it goes on"),
    DURATION(recording_idle, "RECORDING_IDLE", "300", 0, 86400, SECOND,
	"Seconds after which the recording of an empty meeting stops; 0: never"),
    DURATION(recording_keep_tracks, "RECORDING_KEEP_TRACKS", "1", 0, 36500, DAY,
	"Days for which the track files of a recording are kept after its result is there"),
    FLAG(recording_live, "RECORDING_LIVE", "no",
	"Compose what is over of a recording while it goes on, when the machine has time"),
    INTEGER(recording_live_load, "RECORDING_LIVE_LOAD", "70", 1, 1000000,
	"Load of the machine, in percent of its cores, from which on this waits"),
    TEXT(archive_format, "ARCHIVE_FORMAT", "mp4",
	"Format of composed recordings: mp4 (H.264, AAC) or webm (VP9, Opus)"),
    TEXT(ffmpeg_dir, "FFMPEG_DIR", "/usr/bin", "Folder of the programs ffmpeg and ffprobe"),
    TEXT(recordings_host, "RECORDINGS_HOST", "",
	"With workers on several hosts: HOST_NAME of the host that has RECORDINGS_DIR"),
    TEXT(host_name, "HOST_NAME", "", "This host's name in the table of jobs; default: hostname"),
    TEXT(media_server, "MEDIA_SERVER", "",
	"Name of this host's media server: letters, digits and ._-; default: HOST_NAME"),
    FLAG(audit_log, "ADD_AUDIT_LOG_MIXIN", "no", "Keep an entry of each change in audit_logs"),
    DURATION(retention, "RETENTION_DAYS", "0", 0, 36500, DAY,
	"Days after which a meeting is deleted, with its attendance and recordings; 0: never"),
    DURATION(audit_retention, "AUDIT_RETENTION_DAYS", "0", 0, 36500, DAY,
	"Days after which an entry of audit_logs is deleted; 0: never"),
    DURATION(archive_retention, "ARCHIVE_RETENTION_DAYS", "0", 0, 36500, DAY,
	"Days after which a recording's files are deleted, also in the storage; 0: never"),
    SECRET(jwt_secret, "JWT_SECRET", "Key of HS256 bearer tokens, 32 bytes or more"),
    TEXT(jwt_public_key_file, "JWT_PUBLIC_KEY_FILE", "",
	"Public key (PEM) of RS256 or ES256 bearer tokens, instead of JWT_SECRET"),
    TEXT(jwt_issuer, "JWT_ISSUER", "", "The claim iss that bearer tokens must have"),
    FLAG(jwt_allow_short_secret, "JWT_ALLOW_SHORT_SECRET", "no",
	"Accept a JWT_SECRET under 32 bytes"),
    FLAG(jwt_require_exp, "JWT_REQUIRE_EXP", "yes", "Refuse bearer tokens without exp"),
    TEXT(janus_admin_url, "JANUS_ADMIN_URL", "",
	"Address of Janus' Admin API, for confab-gate: http://127.0.0.1:7088/admin"),
    SECRET(janus_admin_secret, "JANUS_ADMIN_SECRET", "Janus' admin_secret"),
    SECRET(janus_admin_key, "JANUS_ADMIN_KEY", "The video room plugin's admin_key"),
    SECRET(janus_token_secret, "JANUS_TOKEN_SECRET", "Janus' token_auth_secret"),
    TEXT(janus_event_user, "JANUS_EVENT_USER", "", "User name of Janus' events"),
    SECRET(janus_event_password, "JANUS_EVENT_PASSWORD", "Password of Janus' events"),
    TEXT(janus_dir, "CONFAB_JANUS_DIR", "",
	"Folder of confab-janus, if Janus comes from there: the service warns when its last"
	" update is old"),
    INTEGER(janus_room_publishers, "JANUS_ROOM_PUBLISHERS", "100", 1, 10000,
	"People who may send at the same time in one meeting"),
    INTEGER(janus_room_bitrate, "JANUS_ROOM_BITRATE", "2500000", 0, 100000000,
	"Bits per second of one sender's video, all its sizes together; 0: no limit"),
    TEXT(turn_urls, "TURN_URLS", "",
	"STUN and TURN servers for people behind firewalls, separated by blanks or commas"),
    SECRET(turn_secret, "TURN_SECRET",
	"coturn's static-auth-secret. TURN credentials are made from it"),
    DURATION(provider_timeout, "PROVIDER_TIMEOUT_MS", "5000", 100, 60000, MILLISECOND,
	"Milliseconds one call to the provider may take"),
    TEXT(gate_listen, "GATE_LISTEN", "",
	"Where confab-gate takes nginx' connections: unix:/path or address:port, several with commas"),
    TEXT(gate_control, "GATE_CONTROL", "",
	"Where confab-gate takes control requests (the service uses the first address) and Janus' events"),
    TEXT(gate_janus, "GATE_JANUS", "", "Janus' WebSocket: unix:/path (ws_unix) or address:port"),
    TEXT(gate_pool_url, "GATE_POOL_URL", "http://127.0.0.1:3000",
	"Where confab-gate reaches the service"),
    TEXT(gate_tls_ca, "GATE_TLS_CA", "",
	"CA certificate (PEM) that has signed the certificates of media hosts (and, for confab-gate,"
	" of GATE_POOL_URL), if no public CA has"),
    TEXT(gate_state_dir, "GATE_STATE_DIR", "",
	"Folder of confab-gate's files: events on their way, and removals"),
    SECRET(gate_join_key, "GATE_JOIN_KEY",
	"Key of join tokens, which confabctl gate-key derives from SERVICE_SECRET"),
    SECRET(gate_secret, "GATE_SECRET", "What the service and confab-gate know each other by"),
    INTEGER(gate_rate, "GATE_RATE", "20", 1, 10000, "Messages a second a page may send"),
    INTEGER(gate_burst, "GATE_BURST", "100", 1, 100000, "Messages a page may send at once"),
    INTEGER(gate_trickle_burst, "GATE_TRICKLE_BURST", "300", 1, 100000,
	"ICE candidates a page may send at once, besides"),
    INTEGER(gate_handles, "GATE_HANDLES", "8", 1, 64, "Plugin handles of one connection"),
    INTEGER(gate_participant_max, "GATE_PARTICIPANT_MAX", "2", 1, 100,
	"Connections of one join token's participant"),
    INTEGER(gate_attendee_max, "GATE_ATTENDEE_MAX", "500", 1, 100000,
	"Connections of one attendee in one meeting"),
    INTEGER(gate_nameless_max, "GATE_NAMELESS_MAX", "32", 1, 100000,
	"Connections of one address that have not said whose they are"),
    INTEGER(
	gate_message_max, "GATE_MESSAGE_MAX", "8192", 1024, 1048576, "Bytes of a page's message"),
    INTEGER(gate_jsep_max, "GATE_JSEP_MAX", "262144", 1024, 4194304,
	"Bytes of a page's message with a session description"),
    INTEGER(gate_backlog_max, "GATE_BACKLOG_MAX", "1048576", 65536, 67108864,
	"Bytes a page may be behind in reading"),
    DURATION(gate_keep, "GATE_KEEP_SECONDS", "60", 1, 3600, SECOND,
	"Seconds a call goes on without its page's connection"),
    DURATION(gate_hello, "GATE_HELLO_SECONDS", "5", 1, 60, SECOND,
	"Seconds a new connection has for saying whose it is"),
    TEXT(storage_hosts, "STORAGE_HOSTS", "",
	"Storage hosts that may have private addresses, separated by blanks or commas"),
    FLAG(storage_allow_http, "STORAGE_ALLOW_HTTP", "no", "Accept storage targets without TLS"),
    DURATION(storage_stall, "STORAGE_STALL_SECONDS", "60", 1, 3600, SECOND,
	"Seconds without progress after which a transfer to the storage is broken off"),
    DURATION(upload_retry, "UPLOAD_RETRY_DAYS", "7", 1, 365, DAY,
	"Days in which an upload that fails is tried again"),
    SECRET(aws_access_key, "AWS_ACCESS_KEY", "Access key id of the S3 storage"),
    SECRET(aws_secret_key, "AWS_SECRET_KEY", "Secret access key of the S3 storage"),
    SECRET(azure_account_key, "AZURE_ACCOUNT_KEY", "Account key of the Azure storage (base64)"),
};

const struct setting *config_settings(size_t *count)
{
	*count = sizeof settings / sizeof settings[0];
	return settings;
}

/* Finds the text of a setting: from the environment, from the file that NAME_FILE names, or the
 * default. */
static bool setting_find(
    const struct setting *setting, char *buf, const char **value, struct error *error)
{
	const char *environment = getenv(setting->name), *file = NULL;
	char name_file[64];

	if (setting->kind == SETTING_SECRET) {
		snprintf(name_file, sizeof name_file, "%s_FILE", setting->name);
		file = getenv(name_file);
	}
	if (file != NULL && *file != '\0') {
		if (!config_text_read(file, SECRET_MAX, buf, error, name_file))
			return false;
		buf[strcspn(buf, "\r\n")] = '\0';
		environment = buf;
	}
	*value = environment == NULL || *environment == '\0' ? setting->preset : environment;
	return true;
}

static bool integer_read(
    const struct setting *setting, const char *value, int64_t *number, struct error *error)
{
	char *end;

	errno = 0;
	*number = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || *number < setting->minimum ||
	    *number > setting->maximum)
		return error_set(error, ERROR_INTERNAL,
		    "%s: must be a whole number from %lld to %lld", setting->name,
		    (long long)setting->minimum, (long long)setting->maximum);
	return true;
}

static bool flag_read(
    const struct setting *setting, const char *value, bool *flag, struct error *error)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"yes", true}, {"true", true}, {"1", true}, {"on", true}, {"no", false},
	    {"false", false}, {"0", false}, {"off", false}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcasecmp(value, words[i].word) == 0) {
			*flag = words[i].value;
			return true;
		}
	}
	return error_set(error, ERROR_INTERNAL, "%s: must be yes or no", setting->name);
}

/* Writes one value into its member of `config`. Text is copied to *owned, which has room for it. */
static bool setting_store(struct config *config, const struct setting *setting, const char *value,
    char **owned, struct error *error)
{
	char *member = (char *)config + setting->offset;
	size_t size = strlen(value) + 1;
	int64_t number;
	bool flag = false;

	switch (setting->kind) {
	case SETTING_TEXT:
	case SETTING_SECRET:
		if (!utf8_valid(value, size - 1))
			return error_set(error, ERROR_INTERNAL, "%s: is not UTF-8", setting->name);
		memcpy(*owned, value, size);
		memcpy(member, owned, sizeof *owned);
		*owned += size;
		return true;
	case SETTING_INTEGER:
	case SETTING_DURATION:
		if (!integer_read(setting, value, &number, error))
			return false;
		number *= setting->unit;
		memcpy(member, &number, sizeof number);
		return true;
	case SETTING_FLAG:
		if (!flag_read(setting, value, &flag, error))
			return false;
		memcpy(member, &flag, sizeof flag);
		return true;
	}
	return false;
}

/* Removes slashes at the end of PUBLIC_URL: they do not change its meaning. */
static void url_trim(struct config *config)
{
	char *url = config->owned + (config->public_url - config->owned);
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		url[--len] = '\0';
}

static bool hosts_check(const struct config *config, struct error *error)
{
	struct host hosts[HOSTS_MAX];
	size_t count;

	return host_list_read(config->db_host, "DB_HOST", hosts, &count, error);
}

static bool media_server_check(const struct config *config, struct error *error)
{
	const char *name = config->media_server;

	return *name == '\0' || text_plain(name, MEDIA_SERVER_MAX) ||
	       error_set(error, ERROR_INTERNAL,
		   "MEDIA_SERVER: must be up to %d letters, digits and ._- (it is in a path)",
		   MEDIA_SERVER_MAX);
}

static bool archives_check(const struct config *config, struct error *error)
{
	if (strcmp(config->archive_format, "mp4") != 0 &&
	    strcmp(config->archive_format, "webm") != 0)
		return error_set(error, ERROR_INTERNAL, "ARCHIVE_FORMAT: must be mp4 or webm");
	return *config->ffmpeg_dir == '/' ||
	       error_set(error, ERROR_INTERNAL, "FFMPEG_DIR: must begin with /");
}

/* HOST_NAME as a media server's name, which has fewer characters: into `text`, which has room for
 * MEDIA_SERVER_MAX + 1 bytes. */
static void media_server_default(const struct config *config, char *text)
{
	snprintf(text, MEDIA_SERVER_MAX + 1, "%s", config->host_name);
	for (char *c = text; *c != '\0'; c++) {
		if (!character_plain(*c))
			*c = '-';
	}
}

bool config_load(struct config *config, const char *preset_file, struct error *error)
{
	const char *file = getenv("CONFAB_CONF");
	char *buf = malloc(SECRET_MAX + 1);
	char *owned;
	size_t size = DEFAULTS_MAX;
	bool done = false;

	*config = (struct config){0};
	if (file == NULL && preset_file != NULL && access(preset_file, F_OK) == 0)
		file = preset_file;
	if (buf == NULL || (file != NULL && *file != '\0' && !config_file_read(file, error)))
		goto out;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		const char *value;

		if (!setting_find(&settings[i], buf, &value, error))
			goto out;
		size += strlen(value) + 1;
	}
	owned = config->owned = calloc(1, size);
	if (owned == NULL)
		goto out;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		const char *value;

		if (!setting_find(&settings[i], buf, &value, error))
			goto out;
		if ((size_t)(owned - config->owned) + strlen(value) + 1 > size - DEFAULTS_MAX) {
			error_set(error, ERROR_INTERNAL, "%s: changed while it was read",
			    settings[i].name);
			goto out;
		}
		if (!setting_store(config, &settings[i], value, &owned, error))
			goto out;
	}
	if (!hosts_check(config, error) || !media_server_check(config, error) ||
	    !archives_check(config, error))
		goto out;
	url_trim(config);
	if (*config->host_name == '\0') {
		if (gethostname(owned, HOST_NAME_MAX) != 0)
			snprintf(owned, HOST_NAME_MAX, "localhost");
		config->host_name = owned;
		owned += strlen(owned) + 1;
	}
	if (*config->media_server == '\0') {
		media_server_default(config, owned);
		config->media_server = owned;
	}
	done = true;
out:
	free(buf);
	if (!done)
		config_free(config);
	return done;
}

void config_free(struct config *config)
{
	free(config->owned);
	*config = (struct config){0};
}
