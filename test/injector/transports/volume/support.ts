/** A volume of its own for each test, with agents in shell that are ended after it, on a real Redis. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { digestOf } from '../../../../src/core/bytecode/digest.js';
import { listAgents } from '../../../../src/core/fleet/registry.js';
import { registerDiscovered } from '../../../../src/core/injector/transports/register-discovered.js';
import { volumeTransport } from '../../../../src/core/injector/transports/volume/volume.js';
import { volumeSource } from '../../../../src/core/injector/transports/volume/volume-agents.js';
import { startTestRedis, type TestRedis } from '../../../support/redis.js';
import {
  endShellAgents,
  type ShellAgent,
  type ShellAgentOptions,
  startShellAgent,
} from '../../../support/shell-agent.js';
import { coordinate, type RolloutWish } from '../../support.js';

let server: TestRedis;
let volume: string;
const locked: string[] = [];

/** The shells that this machine has: dash or whatever `sh` is, and busybox where it is installed. */
export const shells = ['sh', ...(has('busybox') ? ['busybox sh'] : [])];

/** Call it once in a test file. */
export function volumeFleet() {
  beforeAll(async () => {
    server = await startTestRedis('fleet');
  });
  beforeEach(() => server.clear());
  afterAll(() => server.stop());
  beforeEach(async () => {
    volume = await mkdtemp(join(tmpdir(), 'dreamnet-volume-'));
  });
  afterEach(async () => {
    await endShellAgents();
    for (const directory of locked.splice(0)) chmodSync(directory, 0o755);
    await rm(volume, { recursive: true, force: true });
  });
  return {
    get server() {
      return server;
    },
    get source() {
      return volumeSource(volume);
    },
    path: (...parts: string[]) => join(volume, ...parts),
    ...{
      transports,
      register,
      registered,
      roll,
      complete,
      startAgent,
      startAgents,
      announce,
      makeUnwritable,
    },
  };
}

export const digestAt = (agent: ShellAgent, name = 'program.bc') =>
  digestOf(readFileSync(join(agent.directory, name)));

function transports() {
  return { volume: volumeTransport(volume) };
}

function register() {
  return registerDiscovered({ ...server, clock: Date.now }, volumeSource(volume));
}

function registered() {
  return listAgents(server.redis, server.names, Date.now());
}

function roll(wish: RolloutWish = {}) {
  return coordinate(server, { batch: '1', transports: transports(), ...wish });
}

/** The digest of its program; everybody has it when this resolves. */
async function complete(id: string, source?: string): Promise<string> {
  const program = source === undefined ? {} : { program: { source } };
  const { rollout } = await roll({ instruction: { id, ...program } });
  await rollout.run();
  await rollout.complete({ verdict: 'good' });
  await rollout.close();
  expect(rollout.record.counts.failed).toBe(0);
  return rollout.record.program.digest;
}

function startAgent(options: Omit<ShellAgentOptions, 'volume'>): Promise<ShellAgent> {
  return startShellAgent({ volume, ...options });
}

async function startAgents(...ids: string[]): Promise<ShellAgent[]> {
  const agents = await Promise.all(
    ids.map((id, at) => startAgent({ id, shell: shells[at % shells.length] ?? 'sh' })),
  );
  expect(await register()).toEqual({ registered: [...ids].sort(), problems: [] });
  return agents;
}

function announce(id: string, announcement: object | string): void {
  const directory = join(volume, 'agents', id);
  mkdirSync(directory, { recursive: true });
  const text = typeof announcement === 'string' ? announcement : JSON.stringify(announcement);
  writeFileSync(join(directory, 'agent.json'), text);
}

/** Root may write everywhere, so that for root something is in the way. */
function makeUnwritable(directory: string): void {
  chmodSync(directory, 0o555);
  locked.push(directory);
  if (process.getuid?.() !== 0) return;
  for (const name of ['order.json', 'staged.bc']) mkdirSync(join(directory, name, 'x'), { recursive: true });
}

function has(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      return statSync(join(directory, command)).isFile();
    } catch {
      return false;
    }
  });
}
