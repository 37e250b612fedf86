#include "media/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	ABI_REFER = 2,    /* Linux 5.19 */
	ABI_TRUNCATE = 3, /* Linux 6.2 */
};

/* Debian 12's header does not have it. */
#define TRUNCATE (UINT64_C(1) << 14)

#define READ                                                                                       \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define OF_FILES                                                                                   \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                               \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | TRUNCATE)

/* What does not exist is left out. */
static const struct reach system_reaches[] = {{"/usr", false}, {"/bin", false}, {"/lib", false},
    {"/lib64", false}, {"/etc/ld.so.cache", false}, {"/etc/alternatives", false},
    {"/etc/fonts", false}, {"/etc/localtime", false}, {"/sys/devices/system/cpu", false},
    {"/dev/null", true}, {"/dev/zero", false}, {"/dev/urandom", false}};

/* The rights that this system knows; all that no rule gives are refused. */
static uint64_t rights_known(long abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* of the first version */

	if (abi >= ABI_REFER)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	return abi >= ABI_TRUNCATE ? rights | TRUNCATE : rights;
}

static int reach_allow(int rules, const struct reach *reach, uint64_t known)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = reach->write ? known : READ,
	    .parent_fd = open(reach->path, O_PATH | O_CLOEXEC)};
	struct stat about;
	int result = 0;

	if (rule.parent_fd < 0)
		return errno;
	if (fstat(rule.parent_fd, &about) != 0)
		result = errno;
	else if (!S_ISDIR(about.st_mode))
		rule.allowed_access &= OF_FILES & known;
	if (result == 0 &&
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		result = errno;
	close(rule.parent_fd);
	return result;
}

static int reaches_allow(int rules, const struct reach *reaches, size_t count, uint64_t known)
{
	const size_t system_count = sizeof system_reaches / sizeof system_reaches[0];
	int result = 0;

	for (size_t i = 0; i < system_count && (result == 0 || result == ENOENT); i++)
		result = reach_allow(rules, &system_reaches[i], known);
	if (result == ENOENT)
		result = 0;
	for (size_t i = 0; i < count && result == 0; i++)
		result = reach_allow(rules, &reaches[i], known);
	return result;
}

int landlock_confine(const struct reach *reaches, size_t count)
{
	struct landlock_ruleset_attr attributes = {0};
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int rules, result;

	if (abi < 0)
		return errno;
	attributes.handled_access_fs = rights_known(abi);
	rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
	if (rules < 0)
		return errno;
	result = reaches_allow(rules, reaches, count, attributes.handled_access_fs);
	if (result == 0 && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		result = errno;
	close(rules);
	return result;
}
