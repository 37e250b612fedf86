/* The media servers: their list, the server of each event, and the heartbeat of this host's server.
 */
#ifndef CONFAB_SERVICE_MEDIA_SERVERS_H
#define CONFAB_SERVICE_MEDIA_SERVERS_H

#include "meeting/event.h"
#include "service/service.h"
#include "store/media_servers.h"

/* How often the host of a media server writes its heartbeat, in microseconds. */
#define HEARTBEAT_INTERVAL (5 * SECOND)

/* The media server of this host. This reads the settings alone, no database. */
struct media_server media_server_own(const struct config *config);

/* Reads the row of the server with this name, or of the first one (NULL). ERROR_UNAVAILABLE if
 * there is none, or the database is out of reach. */
bool media_server_read(struct service *service, struct arena *arena, const char *name,
    struct media_server_row *row, struct error *error);

/* Lists all media servers, the first one first. `service` needs no more than
 * service_prepare_database(). */
bool media_servers_list(struct service *service, struct arena *arena,
    struct media_server_row **servers, size_t *count, struct error *error);

/* Adds the server, or changes the addresses of the one with this name. `service` as above. */
bool media_server_add(
    struct service *service, const struct media_server *server, struct error *error);

/* Writes load and heartbeat of this host's media server, if it has a row and answers. Errors are
 * not reported here: the reconciler reports them. */
void media_server_heartbeat(struct service *service, struct arena *arena);

/* Writes into each event the server that sent it. The name in the event tells the server. If the
 * table has one server, events with another name count as its events too, until an event has had
 * its own name: after that, the other name may be a second server that is not in the table yet. An
 * event of an unknown server becomes EVENT_MALFORMED: it could end the calls of another server. */
bool media_servers_place(
    struct service *service, struct arena *arena, struct events *events, struct error *error);

#endif
