/* The media servers: which there are, which one an event comes from, and whether this host's one is
 * well. */
#ifndef CONFAB_SERVICE_MEDIA_SERVERS_H
#define CONFAB_SERVICE_MEDIA_SERVERS_H

#include "meeting/event.h"
#include "service/service.h"
#include "store/media_servers.h"

/* How often the host of a media server writes its heartbeat, in microseconds. */
#define HEARTBEAT_INTERVAL (5 * SECOND)

/* The media server of this host, by the settings alone: the database need not be there. */
struct media_server media_server_own(const struct config *config);

/* Reads the row of the server of this name, or of the first one (NULL). ERROR_UNAVAILABLE when
 * there is none, or the database is out of reach. */
bool media_server_read(struct service *service, struct arena *arena, const char *name,
    struct media_server_row *row, struct error *error);

/* All media servers, the first one first. The service needs its database alone. */
bool media_servers_list(struct service *service, struct arena *arena,
    struct media_server_row **servers, size_t *count, struct error *error);

/* Adds the server, or changes the addresses of the one with this name. The same. */
bool media_server_add(
    struct service *service, const struct media_server *server, struct error *error);

/* Writes load and heartbeat of this host's media server, if there is a row of it and it answers.
 * What fails is not reported: the reconciler does that. */
void media_server_heartbeat(struct service *service, struct arena *arena);

/* Finds the server that each event comes from, by the name which that gives itself, and places the
 * event on it. The events of an only server are its own however it calls itself, until it has
 * called itself by its name: a second one may have been started before it was added. An event of an
 * unknown server becomes an EVENT_MALFORMED: it might end another server's calls. */
bool media_servers_place(
    struct service *service, struct arena *arena, struct events *events, struct error *error);

#endif
