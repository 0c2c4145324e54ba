/** A real fleet for a bench: a temporary home, the built host module, a rollout through it; gone when the work is done. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { keyIdOf } from '../../src/core/bytecode/signature.js';
import { type Home, resolveHome } from '../../src/core/fleet/home.js';
import { listAgents } from '../../src/core/fleet/registry.js';
import { parseSelector } from '../../src/core/fleet/selector.js';
import { ensureSigningKeys } from '../../src/core/fleet/signing-keys.js';
import {
  openRollout,
  type Rollout,
  type RolloutDependencies,
} from '../../src/core/injector/course/rollout.js';
import type { SigningKey } from '../../src/core/injector/course/send-orders.js';
import { type PlanOptions, planRollout } from '../../src/core/injector/plan/plan.js';
import { prepareProgram } from '../../src/core/injector/prepare-program.js';
import { limits } from '../../src/core/limits.js';
import { connectRedis } from '../../src/core/nerve/connection.js';
import type { Instruction } from '../../src/core/nerve/messages/instruction.js';
import { createNames, type Names } from '../../src/core/nerve/names.js';
import type { Redis } from '../../src/core/nerve/redis.js';

/** Supervisor and hosts are those that a user runs: built, not compiled on the way in. */
const builtFleet = path.join(import.meta.dirname, '..', '..', 'dist', 'core', 'fleet', 'local-fleet.js');
type LocalFleet = typeof import('../../src/core/fleet/local-fleet.js');

export interface BenchFleet {
  readonly redis: Redis;
  readonly names: Names;
  readonly key: SigningKey;
  readonly home: Home;
  readonly socketPath: string;
}

/** Whatever happens in `work`, the fleet ends and its directory goes. */
export async function withFleet<T>(agents: number, work: (fleet: BenchFleet) => Promise<T>): Promise<T> {
  if (!existsSync(builtFleet)) throw new Error('dreamnet is not built: run `npm run build`');
  const { startFleet, stopFleet } = (await import(builtFleet)) as LocalFleet;
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-bench-'));
  const home = resolveHome({ DREAMNET_HOME: directory });
  try {
    const fleet = await startFleet({ home, agents, seed: 1, prefix: '', lifetime: 'session' });
    if (!('socketPath' in fleet.connection)) throw new Error('the fleet has no private Redis');
    const { socketPath } = fleet.connection;
    const redis = await connectRedis({ socketPath, url: null }, { patience: 'command', name: 'bench' });
    const { privateKey, publicKey } = ensureSigningKeys(home);
    const key = { privateKey, keyId: keyIdOf(publicKey) };
    try {
      return await work({ redis, names: createNames(''), key, home, socketPath });
    } finally {
      redis.disconnect();
    }
  } finally {
    await stopFleet(home);
    rmSync(home.runtimeDir, { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface BenchRollout {
  readonly id: string;
  readonly source: string;
  readonly windowMs: number;
  readonly batch: PlanOptions['batch'];
  /** Only these agents; all when there is none. */
  readonly selector?: string;
  /** The product's limit when there is none. */
  readonly acknowledgeWithinMs?: number;
  /** The ways to agents that are not on the bus. */
  readonly transports?: RolloutDependencies['transports'];
}

/** Everything before the first order: registry, program, plan, claim. */
export async function prepareRollout(
  { redis, names, key }: Pick<BenchFleet, 'redis' | 'names' | 'key'>,
  { id, source, windowMs, batch, selector = '', acknowledgeWithinMs, transports = {} }: BenchRollout,
): Promise<Rollout> {
  const isMeant = parseSelector(selector);
  const targets = (await listAgents(redis, names, Date.now())).filter(
    (agent) => agent.alive && isMeant(agent),
  );
  const instruction: Instruction = {
    id,
    type: 'COST_OPTIMIZATION_v1',
    target_agents: targets.length,
    context: {
      currentCosts: 10_000,
      targetCosts: 8_500,
      deadline: limits.windowMs,
      budget: 500,
      metrics: [],
    },
    timestamp: Date.now(),
    priority: 'HIGH',
    program: { source },
  };
  const dependencies: RolloutDependencies = {
    ...{ redis, names, key, name: 'bench', clock: Date.now },
    report: () => undefined,
    signal: new AbortController().signal,
    transports,
  };
  const program = await prepareProgram(redis, names, { instruction, key });
  const plan = planRollout({ instructionId: id, selector, targets, batch, maxFailures: '0' });
  const patience = acknowledgeWithinMs === undefined ? {} : { acknowledgeWithinMs };
  return openRollout(dependencies, { instruction, program, plan, windowMs, bakeMs: 0, ...patience });
}
