/** The image of the SDK agent on a real engine and a real Redis: what it trusts, what a rollout does to it, what it keeps. */
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { waitFor } from '../../src/core/fleet/wait.js';
import { readAgentRecords } from '../../src/core/nerve/agent-records.js';
import { connectRedis } from '../../src/core/nerve/connection.js';
import type { AgentRecord } from '../../src/core/nerve/messages/agent-record.js';
import { createNames } from '../../src/core/nerve/names.js';
import { tcpRedis } from '../e2e/support.js';
import { coordinate, ended, recordOf } from '../injector/support.js';
import { type TestEngine, useEngine } from '../support/docker-engine.js';
import type { TestRedis } from '../support/redis.js';
import { key, newKey, type TestKey, temporaryDirectory } from './support.js';

const root = path.join(import.meta.dirname, '..', '..');
const image = 'dreamnet-test-sdk-agent';
const ids = ['web-1', 'web-2'];

let engine: TestEngine;
beforeAll(async () => {
  engine = await useEngine();
  const words = [path.join(root, 'deploy', 'build-agent-image.mjs'), '--tag', image, '--from-files'];
  await promisify(execFile)(process.execPath, words, { env: { ...process.env, DOCKER_HOST: engine.host } });
}, 120_000);
afterAll(() => engine?.stop());

describe('an agent container', () => {
  it('is reached by a rollout on the bus, and its successor on the same volume has the program', async () => {
    const server = await startRedis();
    const state = temporaryDirectory();
    chmodSync(state, 0o777);
    const container = await startContainer(server, { trusts: [key], state });
    const [before] = await registered(server);
    expect(before).toMatchObject({ host: 'web-1', transport: 'bus', workload: 'simulated' });
    expect(before?.labels).toMatchObject({ role: 'optimizer', zone: 'east' });

    expect(await ended(await coordinate(server, { acknowledgeWithinMs: 10_000 }))).toBeUndefined();
    const { record, agents } = await recordOf(server);
    expect(record).toMatchObject({ state: 'live', agents: 2 });
    const [live] = [...agents].filter(([, { outcome }]) => outcome === 'live').map(([id]) => id);

    await container.remove({ force: true });
    await startContainer(server, { trusts: [key], state });
    await until(async () => ((await registered(server))[0]?.startedAt ?? 0) > (before?.startedAt ?? 0));
    const after = await registered(server);
    expect(after.find(({ id }) => id === live)).toMatchObject({
      status: 'live',
      live: record.program.digest,
    });
  });

  it('obeys nobody whose public key is not in its keys directory', async () => {
    const server = await startRedis();
    await startContainer(server, { trusts: [newKey()] });
    await registered(server);
    expect(await ended(await coordinate(server, { acknowledgeWithinMs: 1_000 }))).toMatchObject({
      code: 'DN530',
    });
    expect((await registered(server)).map(({ live }) => live)).toEqual([undefined, undefined]);
  });

  it('signs off and ends with 0 when it is stopped', async () => {
    const server = await startRedis();
    const container = await startContainer(server, { trusts: [] });
    await registered(server);
    expect(await logOf(container)).toContain('no order is obeyed before a NAME.pub.pem is in /keys');
    await container.stop({ t: 10 });
    expect((await container.inspect()).State.ExitCode).toBe(0);
    expect(await server.redis.zcard(server.names.agents)).toBe(0);
  });

  it('says what its environment lacks, and ends with 1', async () => {
    const container = await engine.docker.createContainer(settingsOf({ Env: ['DREAMNET_ID=a b'] }));
    await container.start();
    expect(await container.wait()).toMatchObject({ StatusCode: 1 });
    expect(await logOf(container)).toContain('REDIS_URL is not set; it is such as redis://redis:6379');
  });
});

type PortRedis = Pick<TestRedis, 'redis' | 'names'> & { readonly url: string };

/** On a port of the host, whose network the containers have. */
async function startRedis(): Promise<PortRedis> {
  const { url } = await tcpRedis();
  const redis = await connectRedis({ url, socketPath: null }, { patience: 'command', name: 'test' });
  onTestFinished(() => redis.disconnect());
  return { redis, names: createNames(''), url };
}

async function startContainer(
  { url }: PortRedis,
  { trusts, state }: { readonly trusts: readonly TestKey[]; readonly state?: string },
): Promise<Docker.Container> {
  const keys = temporaryDirectory();
  chmodSync(keys, 0o755);
  for (const { keyId, publicKey } of trusts)
    writeFileSync(path.join(keys, `${keyId}.pub.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
  const settings = settingsOf({
    Env: [`REDIS_URL=${url}`, `DREAMNET_ID=${ids}`, 'DREAMNET_LABELS=zone=east'],
    HostConfig: { NetworkMode: 'host', Binds: [`${keys}:/keys:ro`, ...(state ? [`${state}:/state`] : [])] },
  });
  const container = await engine.docker.createContainer(settings);
  await container.start();
  return container;
}

function settingsOf(settings: Docker.ContainerCreateOptions): Docker.ContainerCreateOptions {
  return { Image: image, Labels: { ...engine.labels }, HostConfig: { NetworkMode: 'host' }, ...settings };
}

/** The records of both agents, as soon as both are in the registry. */
async function registered({ redis, names }: PortRedis): Promise<AgentRecord[]> {
  await until(async () => (await redis.zcard(names.agents)) === ids.length);
  return (await readAgentRecords(redis, names, ids)).flatMap((record) => record ?? []);
}

async function logOf(container: Docker.Container): Promise<string> {
  return (await container.logs({ stdout: true, stderr: true, follow: false })).toString();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  if (!(await waitFor(holds, { timeoutMs: 20_000 }))) throw new Error(`not within 20 s: ${holds}`);
}
