/** Real hosts in this process on a real Redis, a key that they trust, and orders signed by hand. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { type Host, type HostedAgent, startHost } from '../../src/core/agent/host.js';
import { simulatedAgents } from '../../src/core/agent/workloads/simulated-agents.js';
import { digestOf } from '../../src/core/bytecode/digest.js';
import { keyIdOf, signProgram } from '../../src/core/bytecode/signature.js';
import type { Trust, TrustSource } from '../../src/core/keys/trust.js';
import { alertSchema } from '../../src/core/nerve/messages/aggregate.js';
import {
  type Acknowledgement,
  acknowledgementSchema,
  type Order,
} from '../../src/core/nerve/messages/order.js';
import { newestMessages, parseEntry } from '../../src/core/nerve/streams.js';
import { signOrder } from '../../src/core/order-signature.js';
import { compiled } from '../bytecode/support.js';
import type { TestRedis } from '../support/redis.js';

export interface TestKey {
  readonly privateKey: ReturnType<typeof generateKeyPairSync>['privateKey'];
  readonly publicKey: ReturnType<typeof generateKeyPairSync>['publicKey'];
  readonly keyId: string;
}

export function newKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey, keyId: keyIdOf(publicKey) };
}

export const key = newKey();

export function trustOf(...keys: readonly TestKey[]): Trust {
  return { trusted: keys.map(({ publicKey }) => publicKey), revoked: new Set() };
}

/** Touches every task once, so that effects can be counted. */
export const throttleAll = `FUNC throttle(amount = 20% IN 5%..50%) {
  FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, amount) }
  REPORT_METRICS_EVERY(5s)
}`;
export const cacheAll = `FUNC cache(amount = 20% IN 5%..50%) {
  FOR EACH task IN task_queue { REDUCE_MEMORY_CACHE(task, amount) }
  REPORT_METRICS_EVERY(5s)
}`;

export interface TestProgram {
  readonly bytes: Uint8Array;
  readonly digest: string;
}

export function programOf(source: string, signer = key): TestProgram {
  const bytes = signProgram(compiled(source).bytes, signer.privateKey);
  return { bytes, digest: digestOf(bytes) };
}

export const throttle = programOf(throttleAll);
export const cache = programOf(cacheAll);

export async function storeProgram({ redis, names }: TestRedis, program: TestProgram): Promise<void> {
  await redis.set(names.program(program.digest), Buffer.from(program.bytes));
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'dreamnet-agent-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface HostWish {
  readonly hostId?: string;
  readonly firstAgent?: number;
  readonly agents?: number;
  /** Instead of simulated ones. */
  readonly hosted?: readonly HostedAgent[];
  readonly stateDir?: string;
  /** Whom it trusts; the key of the tests unless told otherwise. */
  readonly trust?: TrustSource;
  readonly volumeDir?: string;
  readonly clock?: () => number;
}

/** Stopped when the test is over, if not before. */
export async function startTestHost(
  server: TestRedis,
  wish: HostWish = {},
): Promise<Host & { readonly log: string[] }> {
  const log: string[] = [];
  const redis = await server.connect();
  const host = await startHost({
    hostId: wish.hostId ?? 'host-1',
    redis,
    names: server.names,
    agents:
      wish.hosted ?? simulatedAgents({ firstAgent: wish.firstAgent ?? 0, agents: wish.agents ?? 3, seed: 7 }),
    trust: wish.trust ?? (() => trustOf(key)),
    stateDir: wish.stateDir ?? temporaryDirectory(),
    volumeDir: wish.volumeDir,
    ...(wish.clock === undefined ? {} : { clock: wish.clock }),
    log: (line) => log.push(line),
  });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= host.stop();
    return stopped;
  };
  onTestFinished(stop);
  return { ...host, stop, log };
}

/** An order for three agents that fits; a test names what it wants to be different. */
export function orderOf(change: Partial<Order> = {}): Order {
  return {
    version: 1,
    instruction: 'instr_one',
    action: 'stage',
    digest: throttle.digest,
    parameters: {},
    targets: ['agent-0001', 'agent-0002', 'agent-0003'],
    epoch: 5,
    expires: Date.now() + 60_000,
    windowMs: 2_000,
    ...change,
  };
}

export async function sendRaw({ redis, names }: TestRedis, hostId: string, text: string): Promise<string> {
  return (await redis.xadd(names.orders(hostId), '*', 'order', text)) ?? '';
}

export function sendOrder(
  server: TestRedis,
  change: Partial<Order> = {},
  hostId = 'host-1',
): Promise<string> {
  return sendRaw(server, hostId, JSON.stringify(signOrder(orderOf(change), key)));
}

/** All acknowledgements of an instruction so far, oldest first. */
export async function acknowledgements(
  { redis, names }: TestRedis,
  instruction = 'instr_one',
): Promise<Acknowledgement[]> {
  const entries = await redis.xrange(names.acknowledgements(instruction), '-', '+');
  return entries.flatMap((entry) => {
    const received = parseEntry(entry, acknowledgementSchema);
    return received.ok ? [received.value] : [];
  });
}

/** Sends an order and waits until all of its agents have answered it; their answers in the order of their ids. */
export async function obeyed(
  server: TestRedis,
  change: Partial<Order> = {},
  hostId = 'host-1',
): Promise<Acknowledgement[]> {
  const { instruction, targets } = orderOf(change);
  const before = (await acknowledgements(server, instruction)).length;
  await sendOrder(server, change, hostId);
  await expect
    .poll(async () => (await acknowledgements(server, instruction)).length, { timeout: 5_000, interval: 5 })
    .toBe(before + targets.length);
  const answers = (await acknowledgements(server, instruction)).slice(before);
  return answers.sort((a, b) => (a.agent < b.agent ? -1 : 1));
}

export async function alertTexts({ redis, names }: TestRedis): Promise<string[]> {
  const received = await newestMessages(redis, names.alerts, alertSchema, 100);
  return received.map((entry) => (entry.ok ? entry.value.message : `damaged: ${entry.reasons}`)).reverse();
}
