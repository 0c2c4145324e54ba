/**
 * Fleets of any size for bench/inject.ts: agents that have no tasks and never tick, in two host processes each, and for each
 * fleet a coordinator in a process of its own; all built, on one Redis with the product's settings.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Home, prepareHome, resolveHome } from '../../src/core/fleet/home.js';
import { startPrivateRedis } from '../../src/core/fleet/private-redis.js';
import { ensureSigningKeys } from '../../src/core/fleet/signing-keys.js';
import { connectRedis } from '../../src/core/nerve/connection.js';
import type { Redis } from '../../src/core/nerve/redis.js';
import { type BareExchange, startBareExchange } from './bare-exchange.js';

const HOSTS = 2;
/** As the local fleet starts its hosts. */
const hostArguments = ['--max-semi-space-size=4'];

export interface RolloutCost {
  readonly agents: number;
  readonly batches: number;
  /** First order to all live. */
  readonly totalMs: number;
  /** Of the coordinator, and of all hosts, meanwhile. */
  readonly coordinatorCpuMs: number;
  readonly hostsCpuMs: number;
  /** The largest that the coordinator's process has been so far. */
  readonly coordinatorMB: number;
  /** Bytes by which Redis grew. */
  readonly redisBytes: number;
}

export interface FleetWithoutTasks {
  /** One rollout to all agents. */
  rollOut(batch: number): Promise<RolloutCost>;
  stop(): Promise<void>;
}

export interface BenchServer {
  readonly bare: BareExchange;
  startFleet(agents: number): Promise<FleetWithoutTasks>;
}

/** Whatever happens in `work`, the server ends and its directory goes. */
export async function withServer<T>(work: (server: BenchServer) => Promise<T>): Promise<T> {
  const homeDir = mkdtempSync(path.join(tmpdir(), 'dreamnet-bench-'));
  const home = resolveHome({ DREAMNET_HOME: homeDir });
  prepareHome(home);
  ensureSigningKeys(home);
  const server = await startPrivateRedis(home, process.env);
  const fleets: FleetWithoutTasks[] = [];
  try {
    await server.ready;
    const { socketPath } = home;
    const redis = await connectRedis({ socketPath, url: null }, { patience: 'command', name: 'bench' });
    try {
      const bare = await startBareExchange(redis, socketPath);
      try {
        return await work({
          bare,
          async startFleet(agents) {
            const prefix = `bench${fleets.length}`;
            const fleet = await startFleet(redis, home, { homeDir, agents, prefix });
            fleets.push(fleet);
            return fleet;
          },
        });
      } finally {
        bare.stop();
        for (const fleet of fleets) await fleet.stop();
      }
    } finally {
      redis.disconnect();
    }
  } finally {
    await server.stop();
    rmSync(home.runtimeDir, { recursive: true, force: true });
    rmSync(homeDir, { recursive: true, force: true });
  }
}

async function startFleet(
  redis: Redis,
  { socketPath, keysDir, agentsDir }: Home,
  { homeDir, agents, prefix }: { readonly homeDir: string; readonly agents: number; readonly prefix: string },
): Promise<FleetWithoutTasks> {
  const startOf = (host: number) => Math.floor((agents * host) / HOSTS);
  const hosts = Array.from({ length: HOSTS }, (_, host) =>
    startPeer('host-without-tasks.mjs', hostArguments, {
      ...{ hostId: `${prefix}-${host + 1}`, socketPath, prefix, keysDir, stateDir: agentsDir },
      ...{ firstAgent: startOf(host), agents: startOf(host + 1) - startOf(host) },
    }),
  );
  const sourcePath = path.join(import.meta.dirname, '..', '..', 'playbooks', 'cost_optimize.dream');
  const coordinator = startPeer('roll-out.mjs', [], { homeDir, socketPath, sourcePath });
  const peers = await Promise.all([...hosts, coordinator]);
  const ask = async (peer: ChildProcess, message: object): Promise<Reply> => {
    peer.send(message);
    const [reply] = (await Promise.race([once(peer, 'message'), endOf(peer)])) as [Reply];
    if (reply.failed !== undefined) throw new Error(reply.failed);
    return reply;
  };
  const hostsCpuMs = async () => {
    const replies = await Promise.all(peers.slice(0, HOSTS).map((peer) => ask(peer, {})));
    return replies.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  };
  let rollouts = 0;
  return {
    async rollOut(batch) {
      const [bytesBefore, cpuBefore] = [await bytesIn(redis), await hostsCpuMs()];
      const request = { prefix, id: `instr_${prefix}_${rollouts++}`, batch: String(batch) };
      const { totalMs, cpuMs, rssMB, counts, batches } = await ask(peers[HOSTS] as ChildProcess, request);
      if (counts.live !== agents) throw new Error(`not every agent took part: ${JSON.stringify(counts)}`);
      return {
        ...{ agents, batches, totalMs, coordinatorCpuMs: cpuMs, coordinatorMB: rssMB },
        hostsCpuMs: (await hostsCpuMs()) - cpuBefore,
        redisBytes: (await bytesIn(redis)) - bytesBefore,
      };
    },
    async stop() {
      await Promise.all(peers.map(endPeer));
    },
  };
}

interface Reply {
  readonly failed?: string;
  readonly totalMs: number;
  readonly cpuMs: number;
  readonly rssMB: number;
  readonly batches: number;
  readonly counts: Readonly<Record<string, number>>;
}

async function startPeer(script: string, execArgv: string[], argument: object): Promise<ChildProcess> {
  const file = path.join(import.meta.dirname, script);
  const child = fork(file, [JSON.stringify(argument)], { execArgv });
  await Promise.race([once(child, 'message'), endOf(child)]);
  return child;
}

async function endOf(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`a process of the bench ended with ${code}`);
}

async function endPeer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

async function bytesIn(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
}
