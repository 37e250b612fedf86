#include "media/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NICE = 15,
	LOW_BITS = 32, /* of an argument: of an int the kernel reads no others */
};

/* What the program is refused, with EPERM. The names are libseccomp's; those that an architecture
 * does not have are ignored. */
static const char *const refused[] = {
    /* the network; io_uring does the same without these calls */
    "socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept", "accept4",
    "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "io_uring_setup",
    "io_uring_enter", "io_uring_register",
    /* other processes, and children */
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "kill", "tkill",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
    "fork", "vfork", "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget",
    "semop", "semctl", "mq_open", "mq_unlink",
    /* the file system's shape */
    "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fspick", "fsconfig", "fsmount",
    "open_tree", "move_mount", "mount_setattr", "name_to_handle_at", "open_by_handle_at", "mknod",
    "mknodat", "quotactl", "quotactl_fd", "swapon", "swapoff", "acct", "fanotify_init",
    /* namespaces, privileges and limits */
    "unshare", "setns", "capset", "setuid", "setgid", "setreuid", "setregid", "setresuid",
    "setresgid", "setfsuid", "setfsgid", "setgroups", "setrlimit", "personality",
    /* the kernel */
    "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "init_module",
    "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "syslog", "iopl",
    "ioperm", "modify_ldt", "settimeofday", "clock_settime", "clock_settime64", "clock_adjtime",
    "clock_adjtime64", "adjtimex", "sethostname", "setdomainname", "vhangup", "lookup_dcookie"};

static bool failed(struct error *error, const char *what)
{
	return error_set(error, ERROR_UNAVAILABLE, "%s: %s", what, strerror(errno));
}

static bool range_close(unsigned first, unsigned last)
{
	return first > last || syscall(SYS_close_range, first, last, 0) == 0;
}

static bool descriptors_close(const struct sandbox *sandbox, struct error *error)
{
	unsigned next = STDERR_FILENO + 1;
	bool good = true;

	for (size_t i = 0; i < sandbox->kept_count; i++) {
		unsigned kept = (unsigned)sandbox->kept[i];

		good = good && range_close(next, kept - 1);
		next = kept + 1;
	}
	return (good && range_close(next, ~0U)) || failed(error, "descriptors cannot be closed");
}

/* A signal that is ignored or blocked here would be so in the program. */
static void signals_reset(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In a user namespace without a map the program is nobody: it keeps the access to files that its
 * user has, but it may not look into other processes of that user. */
static int namespaces_enter(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno;
}

/* Nothing is gained at exec from here on. Another user than root has lost its capabilities then,
 * root without a namespace has not. */
static bool privileges_drop(struct error *error)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed(error, "new privileges cannot be refused");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) == 0 || geteuid() != 0 ||
	       failed(error, "capabilities cannot be dropped");
}

/* A system without Landlock says ENOSYS or EOPNOTSUPP, and a filter of system calls EPERM. */
static bool files_confine(const struct sandbox *sandbox, int *lack, struct error *error)
{
	int result = sandbox->reach_count == 0
			 ? 0
			 : landlock_confine(sandbox->reaches, sandbox->reach_count);

	*lack = result == ENOSYS || result == EOPNOTSUPP || result == EPERM ? result : 0;
	errno = result;
	return result == *lack || failed(error, "files cannot be confined");
}

/* The program runs when nothing else wants the processor or the disk. */
static void priority_lower(void)
{
	int now = getpriority(PRIO_PROCESS, 0);

	if (now < NICE)
		setpriority(PRIO_PROCESS, 0, NICE);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

/* Never above the hard limit of this process. */
static bool limit_set(__rlimit_resource_t resource, int64_t most)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		return false;
	if (limit.rlim_max > (rlim_t)most)
		limit.rlim_max = (rlim_t)most;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit) == 0;
}

/* When its CPU time is over, KILL comes: ffmpeg takes XCPU for a wish to end in order, and the file
 * would look whole. */
static bool limits_set(const struct sandbox *sandbox, struct error *error)
{
	return (limit_set(RLIMIT_CPU, sandbox->cpu) &&
		   limit_set(RLIMIT_FSIZE, sandbox->file_size) &&
		   limit_set(RLIMIT_NOFILE, SANDBOX_DESCRIPTORS) && limit_set(RLIMIT_CORE, 0)) ||
	       failed(error, "limits cannot be set");
}

/* After all changes of privileges: they clear it. The parent may have died before. */
static bool parent_tie(const struct sandbox *sandbox, struct error *error)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return failed(error, "the end of the parent cannot be watched");
	return getppid() == sandbox->parent ||
	       error_set(error, ERROR_UNAVAILABLE, "the parent has ended");
}

/* The calls that are refused for some arguments only. */
static int rules_add(scmp_filter_ctx filter)
{
	const uint32_t no = SCMP_ACT_ERRNO(EPERM);
	const uint64_t low = (UINT64_C(1) << LOW_BITS) - 1;
	const pid_t self = getpid();
	int result;

	/* Threads, but no children. The flags of clone3 are in memory, where a filter cannot look:
	 * libc then takes clone. */
	result = seccomp_rule_add(
	    filter, no, SCMP_SYS(clone), 1, SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* abort() signals itself. */
	if (result == 0)
		result = seccomp_rule_add(filter, no, SCMP_SYS(tgkill), 1,
		    SCMP_A0_64(SCMP_CMP_NE, (scmp_datum_t)self, 0));
	/* Limits may be read, and that of memory lowered: see memory_limit(). */
	if (result == 0)
		result = seccomp_rule_add(filter, no, SCMP_SYS(prlimit64), 2,
		    SCMP_A1_64(SCMP_CMP_NE, RLIMIT_AS, 0), SCMP_A2_64(SCMP_CMP_NE, 0, 0));
	if (result == 0)
		result = seccomp_rule_add(filter, no, SCMP_SYS(prlimit64), 2,
		    SCMP_A0_64(SCMP_CMP_NE, 0, 0), SCMP_A2_64(SCMP_CMP_NE, 0, 0));
	if (result == 0)
		result = seccomp_rule_add(filter, no, SCMP_SYS(prctl), 1,
		    SCMP_A0_64(SCMP_CMP_MASKED_EQ, low, PR_SET_PDEATHSIG));
	/* Characters put into the terminal are commands of the operator. */
	if (result == 0)
		result = seccomp_rule_add(
		    filter, no, SCMP_SYS(ioctl), 1, SCMP_A1_64(SCMP_CMP_MASKED_EQ, low, TIOCSTI));
	return result;
}

static bool calls_refuse(struct error *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = filter == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sizeof refused / sizeof refused[0] && result == 0; i++) {
		int number = seccomp_syscall_resolve_name(refused[i]);

		result = number == __NR_SCMP_ERROR
			     ? -EINVAL
			     : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	if (result == 0)
		result = rules_add(filter);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	errno = -result;
	return result == 0 || failed(error, "system calls cannot be refused");
}

/* The last step: this process may have more than the program is allowed, and then gets no more
 * memory. */
static bool memory_limit(const struct sandbox *sandbox, struct error *error)
{
	return sandbox->memory == 0 || limit_set(RLIMIT_AS, sandbox->memory) ||
	       failed(error, "memory cannot be limited");
}

bool sandbox_enter(const struct sandbox *sandbox, struct sandbox_lacks *lacks, struct error *error)
{
	if (!descriptors_close(sandbox, error))
		return false;
	signals_reset();
	lacks->namespaces = namespaces_enter();
	priority_lower();
	return privileges_drop(error) && files_confine(sandbox, &lacks->landlock, error) &&
	       limits_set(sandbox, error) && parent_tie(sandbox, error) && calls_refuse(error) &&
	       memory_limit(sandbox, error);
}
