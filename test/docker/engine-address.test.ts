/** Where an engine is, by the rules of the docker command. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { engineAddress } from '../../src/core/docker/engine-address.js';

describe('the address of an engine', () => {
  it.each([
    ['unix:///run/x.sock', { kind: 'unix', socketPath: '/run/x.sock' }],
    ['unix://', { kind: 'unix', socketPath: '/var/run/docker.sock' }],
    ['tcp://10.0.0.7', { kind: 'tcp', host: '10.0.0.7', port: 2_375, tls: null }],
    ['box:4243', { kind: 'tcp', host: 'box', port: 4_243, tls: null }],
    ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2_375 }],
    ['ssh://box', { kind: 'ssh', host: 'box', user: undefined, port: undefined, socketPath: undefined }],
    ['ssh://ana@box:22022/run/d.sock', { kind: 'ssh', user: 'ana', port: 22_022, socketPath: '/run/d.sock' }],
  ])('is understood: %s', (DOCKER_HOST, address) => {
    expect(engineAddress({ DOCKER_HOST })).toMatchObject({ ...address, text: DOCKER_HOST });
  });

  it.each([
    'gopher://x',
    'ssh://',
    'unix://relative.sock',
    'ssh://-oProxyCommand=x',
    'tcp://a b',
    'ssh://-x@box',
  ])('is refused with a hint: %s', (DOCKER_HOST) => {
    expect(() => engineAddress({ DOCKER_HOST })).toThrow(
      expect.objectContaining({ code: 'DN581', kind: 'bad-input', hint: expect.stringContaining('unix://') }),
    );
  });

  it('does not take a password, and does not repeat it', () => {
    const ask = () => engineAddress({ DOCKER_HOST: 'ssh://ana:secret@box' });
    expect(ask).toThrow(
      expect.objectContaining({ code: 'DN581', message: expect.not.stringContaining('secret') }),
    );
  });

  it('takes the files of TLS from DOCKER_CERT_PATH, and says which is missing', () => {
    const directory = scratch();
    const environment = { DOCKER_HOST: 'tcp://box', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory };
    writeFileSync(join(directory, 'ca.pem'), 'CA');
    writeFileSync(join(directory, 'cert.pem'), 'CERT');
    expect(() => engineAddress(environment)).toThrow(
      expect.objectContaining({
        code: 'DN579',
        message: expect.stringContaining(join(directory, 'key.pem')),
      }),
    );
    writeFileSync(join(directory, 'key.pem'), 'KEY');
    expect(engineAddress(environment)).toMatchObject({
      port: 2_376,
      tls: { ca: 'CA', cert: 'CERT', key: 'KEY' },
    });
  });

  it('comes from the context that the configuration or DOCKER_CONTEXT names', () => {
    const directory = scratch();
    const meta = join(directory, 'contexts', 'meta', createHash('sha256').update('far').digest('hex'));
    mkdirSync(meta, { recursive: true });
    writeFileSync(
      join(meta, 'meta.json'),
      JSON.stringify({ Endpoints: { docker: { Host: 'ssh://ana@far' } } }),
    );
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'far' }));
    expect(engineAddress({ DOCKER_CONFIG: directory })).toMatchObject({
      kind: 'ssh',
      host: 'far',
      user: 'ana',
    });
    expect(engineAddress({ DOCKER_CONFIG: directory, DOCKER_CONTEXT: 'default' })).toMatchObject({
      kind: 'unix',
    });
    expect(() => engineAddress({ DOCKER_CONFIG: directory, DOCKER_CONTEXT: 'near' })).toThrow(
      expect.objectContaining({ code: 'DN581', message: expect.stringContaining('"near"') }),
    );
  });
});

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'dreamnet-docker-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
