// confab-media run: a program that works on a recording has what it needs, and nothing else.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { build, patience, until } from './lib/stack.mjs';

const program = path.join(build, 'confab-media');
const PYTHON = '/usr/bin/python3';
const DONE = 0, FAILED = 1, MISUSE = 2, NO_START = 3, LIMIT = 4, NO_PROGRESS = 5, TOLD = 6, KILLED = 7;

// Without namespaces the program can see the network's devices, and processes of its user.
const skip = spawnSync('unshare', ['--user', '--net', 'true']).status !== 0 && 'this machine gives no namespaces';

const lsm = '/sys/kernel/security/lsm';
const skipFiles = existsSync(lsm) && !readFileSync(lsm, 'utf8').includes('landlock') && 'this machine has no Landlock';

// Calls the system by libseccomp's names of the calls.
const CALLS = `
import ctypes, errno, os, sys
libc = ctypes.CDLL(None, use_errno=True)
names = ctypes.CDLL('libseccomp.so.2')
def call(name, *arguments):
    number = names.seccomp_syscall_resolve_name(name.encode())
    if number < 0: return 'EPERM' if number != -1 else 'unknown'  # not on this machine
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(argument) for argument in arguments])
    return errno.errorcode[ctypes.get_errno()] if result == -1 else result
`;

let folder, started, pids;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cf-run-'));
  started = [];
  pids = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  for (const pid of pids.filter((one) => !gone(one))) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** @type {(options: string[], command: string[], more?: {env?: NodeJS.ProcessEnv, stdio?: any[], launcher?: string[]}) => {status: number, stdout: string, stderr: string}} */
function run(options, command, { launcher = [], ...more } = {}) {
  const [first, ...rest] = [...launcher, program, 'run', ...options, '--', ...command];
  const { status, signal, stdout, stderr } = spawnSync(first, rest, { encoding: 'utf8', cwd: folder, timeout: Math.round(patience(30000)), killSignal: 'SIGKILL', maxBuffer: 1 << 28, ...more });
  assert.equal(signal, null, `ended by ${signal}: ${stderr}`);
  return { status, stdout, stderr };
}

const python = (code, options = [], more = {}) => run(options, [PYTHON, '-c', code], more);

// What the code prints, which must end well.
function answer(code, options, more) {
  const { status, stdout, stderr } = python(code, options, more);
  assert.equal(status, DONE, stderr);
  return stdout.trim();
}

// A program that runs while the test goes on; its output so far is in `said`.
function start(options, code, launcher = []) {
  const [first, ...rest] = [...launcher, program, 'run', ...options, '--', PYTHON, '-u', '-c', code];
  const child = spawn(first, rest, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { child, said: '', complaints: '', ended: once(child, 'close') };
  child.stdout.on('data', (data) => (out.said += data));
  child.stderr.on('data', (data) => (out.complaints += data));
  started.push(child);
  return out;
}

// Has the process ended? A zombie has.
function gone(pid) {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\)/, ''));
  } catch {
    return true;
  }
}

// The program's own process id, which it has written first.
async function pidOf(running) {
  await until(() => running.said.includes('\n'), 'the program to start');
  const pid = Number(running.said.split('\n')[0]);
  pids.push(pid);
  return pid;
}

test('each end of a program has its exit status and a line', () => {
  for (const [command, status, line] of /** @type {[string[], number, string][]} */ ([
    [['true'], DONE, ''],
    [['sh', '-c', 'exit 5'], FAILED, 'confab-media run: sh ended with exit status 5\n'],
    [['no-such-program'], NO_START, 'confab-media run: no-such-program: No such file or directory\n'],
    [[folder], NO_START, `confab-media run: ${folder}: Permission denied\n`],
    [[PYTHON, '-c', 'import os; os.abort()'], KILLED, `confab-media run: ${PYTHON} was ended by signal 6\n`],
  ])) {
    const ended = run([], command);
    assert.deepEqual([ended.status, ended.stderr], [status, line], command.join(' '));
  }
});

test('wrong options are said in one line', () => {
  for (const options of [['--cpu', '0'], ['--cpu', '1x'], ['--memory'], ['--stall', '-1'], ['--keep', '2'], ['--keep', '64'], ['--nothing', '1']]) {
    const { status, stderr } = run(options, ['true']);
    assert.deepEqual([status, stderr], [MISUSE, 'Try `confab-media run --help`.\n'], options.join(' '));
  }
  assert.equal(spawnSync(program, ['run', '--cpu', '1'], { encoding: 'utf8' }).status, MISUSE);
  assert.equal(spawnSync(program, ['run', '--'], { encoding: 'utf8' }).status, MISUSE);
  assert.match(execFileSync(program, ['run', '--help'], { encoding: 'utf8' }), /^Usage: confab-media run/);
});

test('the program gets its arguments, its input and its output as they are', () => {
  writeFileSync(path.join(folder, 'in'), 'from the file');
  const input = openSync(path.join(folder, 'in'), 'r');
  const said = answer("import sys; print(sys.argv[1:], sys.stdin.read())", [], { stdio: [input, 'pipe', 'pipe'] });
  closeSync(input);
  assert.equal(said, '[] from the file');
  assert.equal(run([], ['printf', '%s|', '--cpu', '$HOME', 'a b']).stdout, '--cpu|$HOME|a b|');
  const closed = ['sh', '-c', 'exec "$@" <&-', 'sh'];
  assert.equal(answer('import os; print(os.path.exists("/dev/fd/0"), os.path.exists("/dev/fd/3"))', [], { launcher: closed }), 'True False');
  const much = answer("print('x' * 3000000)");
  assert.equal(much.length, 3000000);
});

test('secrets are in no environment that the program can read', { skip }, () => {
  const env = { PATH: '/usr/bin:/bin', HOME: '/somewhere', DB_PASSWORD: 'secret-one', LD_PRELOAD_X: 'secret-two' };
  const said = answer(`
import os
print(sorted(os.environ) )
for pid in (os.getpid(), os.getppid(), ${process.pid}):
    try: print('secret' in open('/proc/%d/environ' % pid).read())
    except PermissionError: print('denied')
`, [], { env });
  assert.deepEqual(said.split('\n'), ["['HOME', 'LC_CTYPE', 'PATH']", 'False', 'denied', 'denied']);
});

test('the program reaches the named files, and what programs need', { skip: skipFiles }, () => {
  for (const name of ['in', 'out', 'other']) mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, 'in', 'file'), 'given');
  writeFileSync(path.join(folder, 'secret.conf'), 'secret');
  const said = answer(`
import os
def attempt(what):
    try: return what()
    except OSError as error: return error.strerror
print(open('in/file').read(), attempt(lambda: open('in/new', 'w')), attempt(lambda: os.unlink('in/file')), attempt(lambda: os.truncate('in/file', 0)))
print(open('out/new', 'w').write('made'), attempt(lambda: os.rename('out/new', 'out/kept')), os.listdir('out'))
print(attempt(lambda: open('secret.conf')), attempt(lambda: os.listdir('other')), attempt(lambda: open('other/new', 'w')), attempt(lambda: os.link('out/kept', 'other/kept')))
print(attempt(lambda: open('/etc/passwd')), attempt(lambda: open('/proc/self/environ')), open('/dev/null', 'w').write('x'))
`, ['--read', path.join(folder, 'in'), '--write', path.join(folder, 'out')]);
  const no = 'Permission denied';
  assert.deepEqual(said.split('\n'), [`given ${no} ${no} ${no}`, "4 None ['kept']", `${no} ${no} ${no} ${no}`, `${no} ${no} 1`]);
  const { status, stderr } = run(['--read', path.join(folder, 'none')], ['true']);
  assert.deepEqual([status, stderr], [NO_START, 'confab-media run: files cannot be confined: No such file or directory\n']);
});

test('descriptors are closed, except the named ones', () => {
  const files = ['a', 'b', 'c'].map((name) => openSync(path.join(folder, name), 'w+'));
  const stdio = ['ignore', 'pipe', 'pipe', ...files];
  const open = "import os; print([n for n in range(3, 200) if os.path.exists('/dev/fd/%d' % n)])";
  assert.equal(answer(open, [], { stdio }), '[]');
  assert.equal(answer(open, ['--keep', '5', '--keep', '3'], { stdio }), '[3, 5]');
  assert.equal(answer("import os; print(os.write(4, b'kept'))", ['--keep', '4'], { stdio }), '4');
  assert.equal(readFileSync(path.join(folder, 'b'), 'utf8'), 'kept');
  const { status, stderr } = run(['--keep', '6'], ['true'], { stdio });
  assert.deepEqual([status, stderr], [NO_START, 'confab-media run: descriptor 6 is not open\n']);
  files.forEach(closeSync);
});

const REFUSED = `socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg
  io_uring_setup io_uring_enter io_uring_register ptrace process_vm_readv process_vm_writev process_madvise kcmp kill tkill
  rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal fork vfork shmget shmat shmctl msgget msgsnd
  msgrcv msgctl semget semop semctl mq_open mq_unlink mount umount2 pivot_root chroot fsopen fspick fsconfig fsmount open_tree
  move_mount mount_setattr name_to_handle_at open_by_handle_at mknod mknodat quotactl quotactl_fd swapon swapoff acct
  fanotify_init unshare setns capset setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups setrlimit
  personality bpf perf_event_open userfaultfd add_key request_key keyctl init_module finit_module delete_module kexec_load
  kexec_file_load reboot syslog iopl ioperm modify_ldt settimeofday clock_settime clock_adjtime adjtimex sethostname
  setdomainname vhangup lookup_dcookie`.split(/\s+/);

test('calls of the network, other processes, mounts and privileges are refused', () => {
  const said = JSON.parse(answer(`${CALLS}
import json
parent = os.getpid()
results = {}
for name in '${REFUSED.join(' ')}'.split():
    result = call(name, -1, -1, -1, -1, -1, -1)
    if os.getpid() != parent: os._exit(0)
    results[name] = result
print(json.dumps(results))
`));
  assert.deepEqual(said, Object.fromEntries(REFUSED.map((name) => [name, 'EPERM'])));
});

test('calls that threads and limits need are refused where they reach further', () => {
  const said = answer(`${CALLS}
import resource, signal, threading
SIGCHLD, CLONE_FS, CLONE_VM, PDEATHSIG, TIOCSTI, HIGH = 17, 0x200, 0x100, 1, 0x5412, 1 << 32
seen = []
thread = threading.Thread(target=lambda: seen.append('thread'))
thread.start(); thread.join()
me = os.getpid()
def child(*arguments):
    result = call(*arguments)
    if os.getpid() != me: os._exit(0)
    return result
limit = (ctypes.c_uint64 * 2)(1, 1)
print(seen[0], child('clone', SIGCHLD, 0, 0, 0, 0), child('clone', SIGCHLD | CLONE_FS, 0, 0, 0, 0), child('clone3', 0, 0))
print(call('tgkill', os.getppid(), os.getppid(), 0), call('tgkill', me, me, 0))
print(call('prctl', PDEATHSIG, 0), call('prctl', PDEATHSIG | HIGH, 0), call('ioctl', 0, TIOCSTI, 0), call('ioctl', 0, TIOCSTI | HIGH, 0))
print(call('prlimit64', 0, resource.RLIMIT_NOFILE, ctypes.addressof(limit), 0), call('prlimit64', os.getppid(), resource.RLIMIT_AS, ctypes.addressof(limit), 0), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
`);
  assert.deepEqual(said.split('\n'), ['thread EPERM EPERM ENOSYS', 'EPERM 0', 'EPERM EPERM EPERM EPERM', 'EPERM EPERM 64']);
});

const STATUS = `
import os
status = dict(line.rstrip('\\n').split(':\\t', 1) for line in open('/proc/self/status'))
print(int(status['CapPrm'], 16), int(status['CapEff'], 16), int(status['CapAmb'], 16), status['NoNewPrivs'], status['Seccomp'])
print([line.split(':')[0].strip() for line in open('/proc/self/net/dev') if ':' in line])
`;

test('the program has no privileges and a network of its own', { skip }, () => {
  assert.deepEqual(answer(STATUS).split('\n'), ['0 0 0 1 2', "['lo']"]);
});

test('where the system gives no namespaces, this is said, and all else is the same', { skip }, () => {
  const none = ['unshare', '--user', '--map-root-user', 'sh', '-c', 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"', 'sh'];
  const { status, stdout, stderr } = python(`${CALLS}${STATUS}
print(call('socket', 2, 1, 0), call('unshare', 0x10000000))
try: open('/proc/%d/environ' % os.getppid()).read()
except PermissionError: print('denied')
`, [], { launcher: none });
  assert.equal(status, DONE, stderr);
  assert.equal(stderr, 'confab-media run: this system gives no namespaces (No space left on device); system calls are refused\n');
  const [privileges, , ...rest] = stdout.trim().split('\n');
  assert.deepEqual([privileges, ...rest], ['0 0 0 1 2', 'EPERM EPERM', 'denied']);
});

test('CPU time ends the program, whatever it does with signals', () => {
  for (const handler of ['signal.SIG_DFL', 'signal.SIG_IGN', 'lambda *_: sys.exit(0)']) {
    const { status, stderr } = python(`import signal, sys; signal.signal(signal.SIGXCPU, ${handler})\nwhile True: pass`, ['--cpu', '1']);
    assert.deepEqual([status, stderr], [LIMIT, `confab-media run: ${PYTHON} reached its limit of CPU time\n`], handler);
  }
});

test('a file that grows above the limit ends the program', () => {
  const { status, stderr } = run(['--file-size', '1'], ['dd', 'if=/dev/zero', 'of=big', 'bs=64K', 'count=64']);
  assert.equal(status, LIMIT, stderr);
  assert.match(stderr, /dd reached its limit of file size\n$/);
  assert.equal(statSync(path.join(folder, 'big')).size, 1 << 20);
});

test('memory, descriptors and core dumps have limits', () => {
  const said = answer(`
import os, resource
try: bytearray(300 << 20)
except MemoryError: print('no memory')
files = []
try:
    while True: files.append(os.open('/dev/null', os.O_RDONLY))
except OSError as error: print(error.strerror, max(files))
print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_AS)[0] >> 20)
`, ['--memory', '200', '--cpu', '77']);
  assert.deepEqual(said.split('\n'), ['no memory', 'Too many open files 63', '(0, 0) (77, 77) 200']);
});

test('the program waits for everything else on the machine', () => {
  const said = answer(`${CALLS}
print(os.getpriority(os.PRIO_PROCESS, 0) >= 15, call('ioprio_get', 1, 0) >> 13)
`);
  assert.equal(said, 'True 3', 'nice 15 and the idle class');
});

test('the program dies with confab-media, and that with the process that started it', async () => {
  const lasting = 'import os, time; print(os.getpid()); time.sleep(600)';
  const alone = start([], lasting);
  const first = await pidOf(alone);
  alone.child.kill('SIGKILL');
  await until(() => gone(first), 'the program to die');
  const family = start([], lasting, [PYTHON, '-c', 'import subprocess, sys; subprocess.run(sys.argv[1:])']);
  const second = await pidOf(family);
  family.child.kill('SIGKILL');
  await until(() => gone(second), 'the program to die');
});

test('TERM is passed on, and the program has 5 s to end', async () => {
  const polite = start([], "import os, signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print('tidied'), sys.exit(0)))\nprint(os.getpid()); time.sleep(600)");
  const first = await pidOf(polite);
  polite.child.kill('SIGTERM');
  assert.deepEqual(await polite.ended, [TOLD, null]);
  assert.equal(polite.said, `${first}\ntidied\n`);
  assert.equal(polite.complaints, `confab-media run: ${PYTHON} was told to end\n`);
  const deaf = start([], 'import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid()); time.sleep(600)');
  const second = await pidOf(deaf);
  const told = performance.now();
  deaf.child.kill('SIGINT');
  assert.deepEqual(await deaf.ended, [TOLD, null]);
  const waited = performance.now() - told;
  assert.ok(waited > 4900 && waited < patience(10000), `${waited} ms`);
  assert.ok(gone(second));
});

test('a program that makes no progress is ended', () => {
  const stuck = "import time\nn = 0\nwhile True: n += 1; print('frame=7\\nfps=%d\\nout_time_us=N/A\\nspeed=%dx\\nprogress=continue' % (n, n), flush=True); time.sleep(0.05)";
  for (const code of ['import time; time.sleep(600)', stuck, "while True: print('speed=1x')"]) {
    const { status, stderr } = python(code, ['--stall', '1']);
    assert.deepEqual([status, stderr], [NO_PROGRESS, `confab-media run: ${PYTHON} made no progress for 1 s\n`]);
  }
});

test('a slow program that makes progress goes on', () => {
  for (const line of ["'out_time_us=%d\\nspeed=1x' % n", "'a line'"]) {
    const said = answer(`import time\nfor n in range(8): print(${line}, flush=True); time.sleep(0.4)`, ['--stall', '2']);
    assert.ok(said.split('\n').length >= 8);
  }
});

test('a program whose output nobody reads is ended', async () => {
  const running = start([], "import os, time\nprint(os.getpid())\nwhile True: print('more'); time.sleep(0.05)");
  const pid = await pidOf(running);
  running.child.stdout.destroy();
  assert.deepEqual(await running.ended, [TOLD, null]);
  assert.ok(gone(pid));
});

test('ffmpeg makes a file inside', () => {
  const [made, result] = ['made.mkv', 'result.mp4'].map((name) => path.join(folder, name));
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=d=2:s=320x180:r=24', '-f', 'lavfi', '-i', 'sine=d=2', '-c:v', 'libvpx',
    '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus', '-f', 'matroska', made]);
  const { status, stdout, stderr } = run(['--cpu', '180', '--write', folder], ['ffmpeg', '-nostdin', '-v', 'error', '-nostats', '-protocol_whitelist', 'file,pipe', '-progress', 'pipe:1', '-f', 'matroska', '-i', made,
    '-threads', '1', '-filter_complex_threads', '1', '-filter_complex', '[0:v]scale=640:360,pad=1280:720[v]', '-map', '[v]', '-map', '0:a', '-c:v', 'libx264', '-preset', 'superfast', '-crf', '30',
    '-c:a', 'aac', '-movflags', '+faststart', result]);
  assert.deepEqual([status, stderr], [DONE, '']);
  assert.match(stdout, /progress=end\n$/);
  const shown = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-count_frames', result], { encoding: 'utf8' }));
  assert.deepEqual(shown.streams.map(({ codec_name }) => codec_name), ['h264', 'aac']);
  assert.equal(Number(shown.streams[0].nb_read_frames), 48);
});
