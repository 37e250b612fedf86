// Real stores for recordings: s3rver as S3 and azurite as Azure Blob Storage, each behind a proxy that a test can make fail. s3rver
// takes wrong signatures and knows neither lists nor removals of parts: the proxy does these for it, and checks each signature.
import { spawn } from 'node:child_process';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignatureV4 } from '@smithy/signature-v4';
import S3rver from 's3rver';
import { freePort, listen, until } from './stack.mjs';

export const CREDENTIALS = { AWS_ACCESS_KEY: 'AKIDEXAMPLE', AWS_SECRET_KEY: 'a/secret+key', AZURE_ACCOUNT_KEY: randomBytes(64).toString('base64') };
const REGION = 'eu-central-1';

class Sha256 {
  constructor(secret) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }

  update(data) {
    this.hash.update(data);
  }

  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

const signer = new SignatureV4({
  service: 's3',
  region: REGION,
  credentials: { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY, secretAccessKey: CREDENTIALS.AWS_SECRET_KEY },
  sha256: /** @type {any} */ (Sha256),
  uriEscapePath: false,
});

// 20261126T031616Z
const stampTime = (stamp) => new Date(stamp.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));

const asked = (seen, query) => {
  const headers = { host: seen.headers.host };
  return { method: seen.method, protocol: 'http:', hostname: 'x', path: seen.path, query, headers };
};

// Is the request signed as Amazon wants it?
async function headerSigned(seen) {
  const [, signed, signature] = seen.headers.authorization.match(/SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})/) ?? [];
  const hash = createHash('sha256').update(seen.body).digest('hex');
  if (signed === undefined || seen.headers['x-amz-content-sha256'] !== hash) return false;
  const request = asked(seen, seen.query);
  for (const name of signed.split(';')) request.headers[name] = seen.headers[name];
  const own = await signer.sign(request, { signingDate: stampTime(seen.headers['x-amz-date']) });
  return own.headers.authorization.endsWith(`Signature=${signature}`);
}

async function linkSigned(seen) {
  const { 'X-Amz-Signature': signature, 'X-Amz-Date': stamp, 'X-Amz-Expires': life } = seen.query;
  const query = Object.fromEntries(Object.entries(seen.query).filter(([name]) => !name.startsWith('X-Amz-')));
  const hash = 'x-amz-content-sha256';
  const options = { signingDate: stampTime(stamp), expiresIn: Number(life), unhoistableHeaders: new Set([hash]), unsignableHeaders: new Set([hash]) };
  const own = await signer.presign({ ...asked(seen, query), headers: { host: seen.headers.host, [hash]: 'UNSIGNED-PAYLOAD' } }, options);
  return own.query['X-Amz-Signature'] === signature && Date.now() < stampTime(stamp).getTime() + Number(life) * 1000;
}

/**
 * @typedef {object} Seen  a request
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} query
 * @property {http.IncomingHttpHeaders} headers
 * @property {Buffer} body
 */

/**
 * What becomes of a request instead of the store's answer: an answer; 'gone': the connection breaks in the middle of the body; 'slow':
 * nothing is read and nothing answered; 'corrupt': the store gets a wrong byte; 'lost': it does what it is asked, and the answer is lost.
 * A promise: the request waits for it.
 * @typedef {undefined | 'gone' | 'slow' | 'corrupt' | 'lost' | {status: number, body?: string}} Fate
 */

// The body of a request; undefined when the connection breaks before its end, or is to break.
function bodyOf(request, breaks) {
  const pieces = [];
  return new Promise((resolve) => {
    request.on('data', (piece) => {
      pieces.push(piece);
      if (breaks) request.socket.destroy();
    });
    request.on('end', () => {
      if (breaks) request.socket.destroy();
      resolve(breaks ? undefined : Buffer.concat(pieces));
    });
    request.on('error', () => {});
    request.on('close', () => resolve(undefined));
  });
}

// Stands in front of a store.
class Proxy {
  constructor(port) {
    this.upstream = port;
    this.anonymous = false; // the store gets no signature: the proxy has checked it
    this.stop = async () => this.close();
    /** @type {Seen[]} */
    this.seen = [];
    /** @type {(seen: {method: string, path: string, query: Record<string, string>}) => Fate | Promise<Fate>} */
    this.fate = () => undefined;
    /** @type {(seen: Seen) => Promise<{status: number, headers?: http.OutgoingHttpHeaders, body?: string} | undefined>} */
    this.own = async () => undefined;
    this.server = http.createServer((request, response) => void this.#take(request, response));
  }

  async open() {
    this.port = await listen(this.server);
    this.endpoint = `http://127.0.0.1:${this.port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #take(request, response) {
    const url = new URL(request.url, 'http://x');
    const head = { method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams) };
    const fate = await this.fate(head);
    if (fate === 'slow') {
      request.pause();
      return;
    }
    const body = await bodyOf(request, fate === 'gone');
    if (body === undefined) return;
    const seen = { ...head, headers: request.headers, body };
    this.seen.push(seen);
    /** @type {{status: number, headers?: http.OutgoingHttpHeaders, body?: string} | undefined} */
    const answer = typeof fate === 'object' ? fate : await this.own(seen);
    if (answer !== undefined) response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    else this.#forward(seen, fate, request, response);
  }

  #forward(seen, fate, request, response) {
    const body = Buffer.from(seen.body);
    if (fate === 'corrupt' && body.length > 0) body[body.length >> 1] ^= 1;
    const headers = { ...seen.headers, 'content-length': String(body.length) };
    if (this.anonymous) delete headers.authorization;
    delete headers.expect;
    delete headers['transfer-encoding'];
    const target = this.anonymous ? `${seen.path}?${new URLSearchParams(Object.entries(seen.query).filter(([name]) => !name.startsWith('X-Amz-')))}`.replace(/\?$/, '') : request.url;
    const onward = http.request({ port: this.upstream, host: '127.0.0.1', method: seen.method, path: target, headers, agent: false }, (answer) => {
      if (fate === 'lost') {
        answer.resume();
        answer.on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => request.socket.destroy());
    onward.end(body);
  }
}

const xmlError = (status, code) => ({ status, headers: { 'content-type': 'application/xml' }, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>` });

class S3 extends Proxy {
  constructor(port, folder, bucket) {
    super(port);
    this.kind = 'S3';
    this.folder = folder;
    this.bucket = bucket;
    this.anonymous = true;
    this.own = (seen) => this.#answer(seen);
  }

  static async start() {
    const folder = mkdtempSync(path.join(tmpdir(), 's3-'));
    const bucket = 'recordings';
    const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder, configureBuckets: [{ name: bucket, configs: [] }] });
    const { port } = await server.run();
    const proxy = await new S3(port, folder, bucket).open();
    proxy.stop = async () => {
      proxy.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    };
    return proxy;
  }

  target(more = {}) {
    return { name: 'AWSS3', bucket: this.bucket, region: REGION, endpoint: this.endpoint, fallback: 'none', ...more };
  }

  settings() {
    return CREDENTIALS;
  }

  // Wrong credentials, and a bucket that does not exist.
  wrong() {
    return { ...CREDENTIALS, AWS_SECRET_KEY: 'another' };
  }

  nowhere() {
    return this.target({ bucket: 'no-such-bucket' });
  }

  #upload(id) {
    return path.join(this.folder, this.bucket, '._S3rver_uploads', id);
  }

  // Ids of the uploads in parts that have not finished.
  async unfinished() {
    const place = path.dirname(this.#upload('x'));
    return existsSync(place) ? readdirSync(place) : [];
  }

  // Names of the objects.
  async objects() {
    const found = /** @type {string[]} */ (readdirSync(path.join(this.folder, this.bucket), { recursive: true }));
    return found.filter((name) => name.endsWith('._S3rver_object')).map((name) => name.slice(0, -'._S3rver_object'.length));
  }

  async #answer(seen) {
    const good = seen.headers.authorization ? await headerSigned(seen) : 'X-Amz-Signature' in seen.query && (await linkSigned(seen));
    if (!good) return xmlError(403, 'SignatureDoesNotMatch');
    if (!('uploadId' in seen.query)) return undefined;
    const folder = this.#upload(seen.query.uploadId);
    if (!existsSync(folder)) return xmlError(404, 'NoSuchUpload');
    if (seen.method === 'DELETE') {
      rmSync(folder, { recursive: true });
      return { status: 204 };
    }
    return seen.method === 'GET' ? this.#parts(folder, seen.query) : undefined;
  }

  // Two to a page, so that there are several.
  #parts(folder, query) {
    const all = readdirSync(folder).filter((name) => /^\d+$/.test(name) && existsSync(path.join(folder, `${name}.md5`))).map(Number).sort((a, b) => a - b);
    const rest = all.filter((number) => number > Number(query['part-number-marker'] ?? 0));
    const page = rest.slice(0, 2).map((number) => {
      const file = path.join(folder, String(number));
      return `<Part><PartNumber>${number}</PartNumber><LastModified>x</LastModified><ETag>&quot;${readFileSync(`${file}.md5`)}&quot;</ETag><Size>${statSync(file).size}</Size></Part>`;
    });
    const body = `<?xml version="1.0" encoding="UTF-8"?><ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${rest.length > 2}</IsTruncated>${page.join('')}</ListPartsResult>`;
    return { status: 200, headers: { 'content-type': 'application/xml' }, body };
  }

  isPart(seen) {
    return seen.method === 'PUT' && 'partNumber' in seen.query;
  }

  isEnd(seen) {
    return seen.method === 'POST' && 'uploadId' in seen.query;
  }
}

class Azure extends Proxy {
  constructor(port) {
    super(port);
    this.kind = 'Azure';
  }

  static async start() {
    const port = await freePort();
    const folder = mkdtempSync(path.join(tmpdir(), 'az-'));
    const program = new URL('../node_modules/azurite/dist/src/blob/main.js', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, '--blobPort', String(port), '--silent', '--location', folder, '--disableTelemetry'], {
      env: { ...process.env, AZURITE_ACCOUNTS: `myaccount:${CREDENTIALS.AZURE_ACCOUNT_KEY}` },
      stdio: 'ignore',
    });
    const proxy = await new Azure(port).open();
    proxy.stop = async () => {
      proxy.close();
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    };
    await until(() => fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false), 'azurite to listen', 30000);
    await proxy.#containerMake();
    return proxy;
  }

  target(more = {}) {
    return { name: 'AZURE', accountName: 'myaccount', container: 'recordings', domain: this.endpoint, fallback: 'none', ...more };
  }

  settings() {
    return CREDENTIALS;
  }

  wrong() {
    return { ...CREDENTIALS, AZURE_ACCOUNT_KEY: randomBytes(64).toString('base64') };
  }

  nowhere() {
    return this.target({ container: 'no-such-container' });
  }

  // A request that this test signs itself.
  #call(method, name, query, canonical) {
    const date = new Date().toUTCString();
    const version = '2021-08-06';
    const text = `${method}\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:${date}\nx-ms-version:${version}\n/myaccount/myaccount/${name}${canonical}`;
    const digest = createHmac('sha256', Buffer.from(CREDENTIALS.AZURE_ACCOUNT_KEY, 'base64')).update(text).digest('base64');
    return fetch(`http://127.0.0.1:${this.upstream}/myaccount/${name}${query}`, {
      method,
      headers: { 'x-ms-date': date, 'x-ms-version': version, authorization: `SharedKey myaccount:${digest}` },
    });
  }

  async #containerMake() {
    const answer = await this.#call('PUT', 'recordings', '?restype=container', '\nrestype:container');
    if (answer.status !== 201) throw new Error(`azurite: ${answer.status} ${await answer.text()}`);
  }

  // Names of the blobs that have blocks only.
  async unfinished() {
    const answer = await this.#call('GET', 'recordings', '?comp=list&include=uncommittedblobs&restype=container', '\ncomp:list\ninclude:uncommittedblobs\nrestype:container');
    return [...(await answer.text()).matchAll(/<Blob>.*?<\/Blob>/gs)].filter(([blob]) => !/<Content-MD5>/.test(blob)).map(([blob]) => blob);
  }

  isPart(seen) {
    return seen.method === 'PUT' && seen.query.comp === 'block';
  }

  isEnd(seen) {
    return seen.method === 'PUT' && seen.query.comp === 'blocklist';
  }
}

export const startS3 = () => S3.start();
export const startAzure = () => Azure.start();
