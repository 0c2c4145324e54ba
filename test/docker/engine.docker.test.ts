/** The ways to a real engine: its socket, TLS in front of it, ssh to it; and what is told where there is none. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openEngine } from '../../src/core/docker/engine.js';
import { engineAddress } from '../../src/core/docker/engine-address.js';
import { whyUnreachable } from '../../src/core/docker/engine-errors.js';
import { type TestEngine, useEngine } from '../support/docker-engine.js';

let engine: TestEngine;
let scratch: string;
beforeAll(async () => {
  engine = await useEngine();
  scratch = mkdtempSync(join(tmpdir(), 'dreamnet-docker-test-'));
});
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await engine.stop();
});

type Environment = Record<string, string>;

/** Opens it, and asks something that sends and receives. */
async function ask(environment: Environment): Promise<string> {
  const opened = await openEngine(engineAddress(environment));
  try {
    await opened.docker.listContainers({ filters: { label: [engine.label] } });
    return opened.version;
  } finally {
    opened.close();
  }
}

describe('an engine', () => {
  it('is reached by its socket', async () => {
    expect(await ask({ DOCKER_HOST: engine.host })).toMatch(/^\d+\.\d+/);
  });

  it('is reached by TLS, with a certificate of ours, and not by those who have none', async () => {
    const trusted = authority('trusted');
    const port = await tlsBefore(engine, trusted);
    const DOCKER_HOST = `tcp://127.0.0.1:${port}`;
    const client = { DOCKER_HOST, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: trusted.directory };
    expect(await ask(client)).toMatch(/^\d+\.\d+/);
    const refused = { code: 'DN579', kind: 'unreachable', hint: expect.stringContaining('DOCKER_CERT_PATH') };
    // It does not trust the engine.
    const stranger = authority('stranger');
    await expect(ask({ ...client, DOCKER_CERT_PATH: stranger.directory })).rejects.toMatchObject(refused);
    // The engine does not trust it.
    writeFileSync(join(stranger.directory, 'ca.pem'), readFileSync(join(trusted.directory, 'ca.pem')));
    await expect(ask({ ...client, DOCKER_CERT_PATH: stranger.directory })).rejects.toMatchObject({
      kind: 'unreachable',
    });
    await expect(ask({ DOCKER_HOST })).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('is reached by ssh, which runs the docker command over there', async () => {
    const told = join(scratch, 'told');
    sshThat(`printf '%s\\n' "$@" >>${told}
      while [ "$1" != -- ]; do shift; done; shift 2
      DOCKER_HOST=${engine.host} exec "$@"`);
    expect(await ask({ DOCKER_HOST: 'ssh://ana@box:2022' })).toMatch(/^\d+\.\d+/);
    const words = readFileSync(told, 'utf8').split('\n');
    expect(words).toEqual(expect.arrayContaining(['BatchMode=yes', '-l', 'ana', '-p', '2022', 'dial-stdio']));
    expect(words.slice(words.indexOf('--') + 1, words.indexOf('--') + 3)).toEqual(['box', 'docker']);
  });

  it('that ssh does not lead to is told in the words of ssh', async () => {
    sshThat('echo "Host key verification failed." >&2; exit 255');
    await expect(ask({ DOCKER_HOST: 'ssh://box' })).rejects.toMatchObject({
      ...{ code: 'DN580', kind: 'unreachable', hint: expect.stringContaining('ssh HOST docker version') },
      message: 'The Docker engine at ssh://box cannot be reached by ssh: Host key verification failed.',
    });
  });
});

it('costs no more with many connections, though dockerode words its options at each call', async () => {
  const { docker, close } = await openEngine(engineAddress({ DOCKER_HOST: engine.host }));
  onTestFinished(close);
  await Promise.all(Array.from({ length: 5 }, () => docker.ping()));
  expect(inspect(docker.modem, { depth: null, showHidden: true }).length).toBeLessThan(10_000);
});

describe('what is no engine', () => {
  it('is told: nobody listens', async () => {
    await expect(ask({ DOCKER_HOST: `unix://${scratch}/none` })).rejects.toMatchObject({
      ...{ code: 'DN575', kind: 'unreachable', hint: expect.stringContaining('DOCKER_HOST') },
    });
    await expect(ask({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).rejects.toMatchObject({ code: 'DN575' });
  });

  it('is told: it is another server', async () => {
    const port = await listening(createServer((_request, response) => response.end('<html>hello</html>')));
    await expect(ask({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'DN577' });
  });

  it('is told: it is an engine of long ago', async () => {
    const answer: RequestListener = (_request, response) =>
      response.end(JSON.stringify({ Version: '17.03.0', ApiVersion: '1.27' }));
    const port = await listening(createServer(answer));
    await expect(ask({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).rejects.toMatchObject({
      ...{ code: 'DN578', kind: 'unreachable', message: expect.stringContaining('1.27') },
    });
  });

  it('is told: this user may not', () => {
    const denied = Object.assign(new Error('connect EACCES /x'), { code: 'EACCES', syscall: 'connect' });
    expect(whyUnreachable(denied, engineAddress({ DOCKER_HOST: 'unix:///x' }))).toMatchObject({
      ...{ code: 'DN576', kind: 'unreachable', hint: expect.stringContaining('usermod') },
    });
  });
});

/** On the PATH before the real one, for this test. */
function sshThat(does: string): void {
  const path = join(scratch, 'ssh');
  writeFileSync(path, `#!/bin/sh\n${does}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv('PATH', `${scratch}${delimiter}${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Authority {
  /** With ca.pem, cert.pem and key.pem, which serve both sides. */
  readonly directory: string;
}

function authority(name: string): Authority {
  const directory = mkdtempSync(join(scratch, `${name}-`));
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
  );
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=127.0.0.1');
  writeFileSync(join(directory, 'names'), 'subjectAltName=IP:127.0.0.1');
  const signing = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca-key.pem',
    '-CAcreateserial',
    '-extfile',
    'names',
    '-days',
    '2',
  ];
  openssl('x509', '-req', '-in', 'request.pem', ...signing, '-out', 'cert.pem');
  return { directory };
}

/** As dockerd with --tlsverify: TLS with a certificate from either side, then the engine's own socket. */
async function tlsBefore({ host }: TestEngine, { directory }: Authority): Promise<number> {
  const file = (name: string) => readFileSync(join(directory, name));
  const options = { key: file('key.pem'), cert: file('cert.pem'), ca: file('ca.pem') };
  const server = createTlsServer({ ...options, requestCert: true, rejectUnauthorized: true }, (client) => {
    const socket = connect(new URL(host).pathname);
    client.pipe(socket).pipe(client);
    client.on('error', () => socket.destroy());
    socket.on('error', () => client.destroy());
  });
  return listening(server);
}
