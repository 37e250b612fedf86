/* What goes wrong with a store: names, and the faults of answers. */
#include "archive/storage_fault.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	bool needs_operator;
} faults[STORAGE_FAULTS] = {
    [STORAGE_DONE] = {"none", false},
    [STORAGE_CREDENTIALS] = {"credentials", true},
    [STORAGE_NO_BUCKET] = {"no-bucket", true},
    [STORAGE_FULL] = {"full", true},
    [STORAGE_REFUSED] = {"refused", true},
    [STORAGE_GONE] = {"gone", false},
    [STORAGE_SLOW] = {"slow", false},
    [STORAGE_BUSY] = {"busy", false},
    [STORAGE_MISMATCH] = {"mismatch", false},
    [STORAGE_FILE] = {"file", true},
    [STORAGE_SETTINGS] = {"settings", true},
    [STORAGE_STOPPED] = {"stopped", false},
    [STORAGE_ABSENT] = {"absent", false},
    [STORAGE_NO_UPLOAD] = {"no-upload", false},
};

const char *storage_fault_name(enum storage_fault fault)
{
	return faults[fault].name;
}

bool storage_fault_needs_operator(enum storage_fault fault)
{
	return faults[fault].needs_operator;
}

/* Codes that say more than the HTTP status. */
static const struct {
	const char *code;
	enum storage_fault fault;
} codes[] = {
    {"NoSuchBucket", STORAGE_NO_BUCKET},
    {"ContainerNotFound", STORAGE_NO_BUCKET},
    {"ContainerBeingDeleted", STORAGE_NO_BUCKET},
    {"ResourceNotFound", STORAGE_NO_BUCKET},
    {"NoSuchUpload", STORAGE_NO_UPLOAD},
    {"QuotaExceeded", STORAGE_FULL}, /* Ceph, and others */
    {"InsufficientStorage", STORAGE_FULL},
    {"InsufficientCapacity", STORAGE_FULL},
    {"XMinioStorageFull", STORAGE_FULL},
    {"XMinioAdminBucketQuotaExceeded", STORAGE_FULL},
    {"StorageQuotaExceeded", STORAGE_FULL},
    {"BadDigest", STORAGE_MISMATCH},
    {"XAmzContentSHA256Mismatch", STORAGE_MISMATCH},
    {"InvalidPart", STORAGE_MISMATCH},
    {"Md5Mismatch", STORAGE_MISMATCH},
    {"RequestTimeout", STORAGE_GONE}, /* 400: the body came too slowly */
    {"IncompleteBody", STORAGE_GONE},
    {"SlowDown", STORAGE_BUSY},
    {"ServerBusy", STORAGE_BUSY},
    {"InternalError", STORAGE_BUSY}, /* also in an answer 200 to the end of an upload */
    {"OperationAborted", STORAGE_BUSY},
};

enum storage_fault storage_fault_of(long status, const char *code)
{
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (strcmp(codes[i].code, code) == 0)
			return codes[i].fault;
	}
	if (*code == '\0' && status >= 200 && status < 300)
		return STORAGE_DONE;
	switch (status) {
	case 401:
	case 403:
		return STORAGE_CREDENTIALS;
	case 404:
		return STORAGE_ABSENT;
	case 507:
		return STORAGE_FULL;
	case 408:
	case 429:
		return STORAGE_BUSY;
	default:
		return status >= 500 ? STORAGE_BUSY : STORAGE_REFUSED;
	}
}
