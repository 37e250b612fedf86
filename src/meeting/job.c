/* Jobs: what their keys say. */
#include "meeting/job.h"

#include <string.h>

const char *job_subject(const struct job *job)
{
	const char *colon = strchr(job->dedup, ':');

	return colon == NULL ? "" : colon + 1;
}

const char *job_server(const struct job *job)
{
	const char *server = job_subject(job);

	return *server == '\0' ? NULL : server;
}
