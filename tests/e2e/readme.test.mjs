// The README's commands, as a newcomer pastes them: scripts/up, the first meeting, and an installation for production.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { blocks } from './lib/readme.mjs';
import { build, freePort, source } from './lib/stack.mjs';

const run = promisify(execFile);
const LIMIT = 300000; // ms
const folder = () => {
  const made = mkdtempSync(path.join(process.env.CONFAB_E2E_DIR, 'cf-'));
  chmodSync(made, 0o755);
  return made;
};
const jsonLines = (text) => text.split('\n').filter((line) => /^(\{"|\[[\]{])/.test(line)).map((line) => JSON.parse(line));

describe('in a clone', () => {
  let clone; // of the tree as it is
  let instance; // where its ./var leads to
  let port;

  // Runs commands as the README has them, on this test's port. An answer that is an error ends them.
  async function paste(commands) {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, CONFAB_PORT: String(port), CONFAB_NO_BUILD: '1', CONFAB_JANUS_DIR: process.env.CONFAB_JANUS_DIR };
    const { stdout } = await run('sh', ['-xeu', '-c', `curl() { command curl --fail-with-body "$@"; }\n${commands.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`)}`], { cwd: clone, env, timeout: LIMIT });
    return stdout;
  }

  before(async () => {
    clone = folder();
    instance = folder();
    port = await freePort();
    const files = ['README', 'Makefile.am', 'configure.ac', 'nginx', 'scripts', 'sql', 'src'];
    execFileSync('sh', ['-c', 'cd "$1" && shift && tar -c "$@" | tar -x -C "$0"', clone, source, ...files]);
    symlinkSync(build, path.join(clone, 'build'));
    symlinkSync(instance, path.join(clone, 'var'));
  });
  after(async () => {
    await run(path.join(source, 'scripts/down'), [], { env: { ...process.env, CONFAB_VAR: instance } });
    if (process.env.CONFAB_E2E_KEEP === undefined) for (const made of [clone, instance]) rmSync(made, { recursive: true, force: true });
  });

  test('the two commands', async () => {
    const [up, check] = blocks('Confab').map(({ commands }) => commands);
    assert.match(await paste(up), new RegExp(`^http://127\\.0\\.0\\.1:${port}/#token=`, 'm'));
    assert.match(await paste(check.replace(/^(\S+)/, '$1 --help')), /^Usage: scripts\/check/);
  });

  test('a first meeting', async () => {
    const [first, more] = blocks('A first meeting over HTTP').map(({ commands }) => commands);
    const printed = await paste(`${first}echo MORE\n${more}`);
    const [token, invite, meeting, attendees] = jsonLines(printed.split('MORE')[0]);
    assert.equal(token.role, 'moderator');
    assert.ok(token.token && token.url.endsWith('/rtc'));
    assert.match(invite.url, /\/j\/[\w-]{10}#[0-9a-z]{16}$/);
    assert.equal(meeting.status, 'active');
    assert.ok(Array.isArray(attendees));
    const [scheduled, , , , archives] = jsonLines(printed.split('MORE')[1]);
    assert.equal(scheduled.items.length, 1);
    assert.equal(archives.count, 1);
    assert.match(printed, /"name","role","joined"/);
  });
});

// Why the sandbox cannot be made here, or undefined.
async function obstacle() {
  if (process.getuid() !== 0) return 'needs root';
  if (!existsSync(path.join(process.env.CONFAB_JANUS_DIR ?? '', 'current'))) return 'no Janus was fetched';
  return sandbox('true').then(() => undefined, () => 'no namespaces, or no overlay file system');
}

// Runs a script in the sandbox. Gives what it has printed.
async function sandbox(script) {
  const place = folder();
  const places = [source, path.resolve(build), `${process.env.CONFAB_JANUS_DIR}=/var/lib/confab-janus`];
  const going = run('unshare', ['--mount', '--pid', '--net', '--fork', '--kill-child', path.join(source, 'tests/e2e/lib/sandbox.sh'), place, ...places], { timeout: LIMIT, maxBuffer: 1 << 24 });
  going.child.stdin.on('error', () => {});
  going.child.stdin.end(script);
  try {
    return (await going).stdout;
  } finally {
    rmSync(place, { recursive: true });
  }
}

// Debian's state after step 1: packages are installed, and started.
const DEBIAN = `
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
unset CONFAB_CONF CONFAB_VAR CONFAB_BUILD CONFAB_E2E_DIR CONFAB_E2E_VAR CONFAB_JANUS_DIR
wait_for() {
  end=$(($(date +%s) + 60))
  until "$@" >/dev/null 2>&1; do
    [ $(date +%s) -le $end ] || { echo "waited in vain for $*" >&2; exit 1; }
    sleep 0.1
  done
}
install -d -o mysql -g mysql /run/mysqld /var/lib/test-mysql
mariadb-install-db --no-defaults --user=mysql --datadir=/var/lib/test-mysql --innodb-log-file-size=8M --skip-test-db >/dev/null
/usr/sbin/mariadbd --no-defaults --user=mysql --datadir=/var/lib/test-mysql --socket=/run/mysqld/mysqld.sock --skip-networking \\
  --innodb-log-file-size=8M --innodb-buffer-pool-size=32M --performance-schema=OFF >/run/mariadbd.log 2>&1 &
wait_for mariadb -e 'SELECT 1'
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=meet.example.org \\
  -keyout /etc/ssl/private/meet.example.org.key -out /etc/ssl/certs/meet.example.org.pem 2>/dev/null
rm -f /etc/nginx/sites-enabled/*
nginx
for user in confab confab-web confab-janus confab-gate; do
  userdel $user || :
  groupdel $user || :
done >/dev/null 2>&1
`;

// What a user sees afterwards.
const LOOK = `
wait_for curl -sf -m 5 http://127.0.0.1:3000/health
`;
const USE = `
echo USED
T=$(setpriv --reuid confab --regid confab --init-groups $P/bin/confabctl token --all)
meet() { curl -sSk --fail-with-body --resolve meet.example.org:443:127.0.0.1 -H "Authorization: Bearer $T" "$@"; }
M=$(meet -X POST https://meet.example.org/session)
meet -X POST https://meet.example.org/session/$M/token
echo
meet https://meet.example.org/ | grep -o '<title>.*</title>'
stat -c '%n %U:%G %a' /run/confab /run/confab/confab.sock $P/etc/confab.conf $P/etc/confab-janus/janus.jcfg
for status in /proc/[0-9]*/status; do
  ! grep -q "^Uid:.$(id -u confab-janus)" $status || sed -n 's/^Umask:./the umask of Janus: /p' $status
done
`;

// Replaces what must be in the text.
function replaced(text, from, to) {
  assert.ok(text.includes(from), `README does not say: ${from}`);
  return text.replace(from, to);
}

test('an installation for production, without systemd', async (context) => {
  const reason = await obstacle();
  if (reason) return context.skip(reason);
  const [withoutSystemd] = blocks('Without systemd').filter(({ name }) => name === 'nosystemd');
  const steps = blocks('Production').map((block) => (block.name === 'systemd' ? withoutSystemd : block)).map(({ commands }) => commands);
  // The packages and the build are there, and so is the Janus that would be fetched.
  steps[0] = replaced(steps[0], 'apt install', ': ');
  steps[0] = replaced(steps[0], 'autoreconf -fi\nmkdir -p build && cd build\n../configure --prefix=$P && make && make check && make install', `make -s -C ${path.resolve(build)} install`);
  const janus = steps.findIndex((commands) => commands.includes('confab-janus update'));
  steps[janus] = replaced(steps[janus], 'confab-janus update', 'confab-janus status');
  steps.splice(-1, 0, LOOK);
  const [installed, used] = (await sandbox([DEBIAN, ...steps, USE].join('\n'))).split('USED\n');
  assert.doesNotMatch(installed, /FAULT/);
  assert.match(installed, /^ok +database/m);
  assert.match(installed, /^ok +provider janus/m);
  assert.equal(jsonLines(installed).at(-1).status, 'ok');
  assert.match(installed, /^ey[\w-]+\.[\w-]+\.[\w-]+$/m);
  assert.equal(jsonLines(used)[0].url, 'wss://meet.example.org/rtc');
  assert.match(used, /<title>/);
  for (const line of ['/run/confab confab:confab 750', '/run/confab/confab.sock confab:confab 660', '/usr/local/etc/confab.conf confab:confab 600', '/usr/local/etc/confab-janus/janus.jcfg root:confab-janus 640', 'the umask of Janus: 0007'])
    assert.ok(used.split('\n').includes(line), `${line} is not in\n${used}`);
});

test('README, scripts/up and the Debian package need the same packages', () => {
  const [, up] = readFileSync(path.join(source, 'scripts/lib/packages.sh'), 'utf8').match(/^PACKAGES_UP="([^"]*)"/m);
  const ups = up.split(/\s+/).map((word) => word.replace(/.*=/, ''));
  const [, readme] = blocks('Production')[0].commands.match(/^apt install ((?:.*\\\n)*.*)$/m);
  const readmes = readme.split(/[\s\\]+/).filter(Boolean);
  assert.deepEqual(readmes.sort(), [...ups, 'libcmocka-dev'].sort());
  const control = readFileSync(path.join(source, 'scripts/debian/control'), 'utf8');
  const libraries = (words) => words.filter((word) => /^lib.*-dev$/.test(word)).sort();
  assert.deepEqual(libraries(control.match(/[\w.+-]+/g)), libraries(readmes));
});
