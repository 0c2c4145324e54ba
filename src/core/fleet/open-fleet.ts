/**
 * How a command gets to a fleet: what is configured in, a connection to Redis and a promise to clean up out. With
 * nothing configured the private Redis and a local fleet of simulated agents are started; a fleet that runs is used as
 * it is; with a Redis address, simulated agents are started only where no agent has ever registered.
 */
import type { Redis } from 'ioredis';
import { DreamnetError } from '../errors.js';
import { limits } from '../limits.js';
import { connectRedis, describeTarget, type RedisTarget } from '../nerve/connection.js';
import { createNames, type Names } from '../nerve/names.js';
import { type Home, prepareHome } from './home.js';
import { type FleetProgress, fleetStatus, type RunningFleet, startFleet } from './local-fleet.js';
import { hasData } from './private-data.js';
import { listAgents } from './registry.js';

export interface OpenFleetOptions {
  readonly home: Home;
  readonly redisUrl: string | undefined;
  /** Undefined: the prefix of the fleet that runs, or none. */
  readonly prefix: string | undefined;
  /** Agents that were asked for; undefined: those that run, or the reference fleet's number. */
  readonly agents: number | undefined;
  readonly seed: number;
  /**
   * `session`: what is started here ends here. `daemon`: it stays until `dreamnet down`. `read`: no agents are needed;
   * what earlier runs left in the private Redis is enough.
   */
  readonly need: 'session' | 'daemon' | 'read';
  readonly connectionName: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FleetProgress) => void;
}

export interface OpenFleet {
  readonly redis: Redis;
  readonly names: Names;
  readonly target: RedisTarget;
  /** Agents that this call started; 0 when they ran already. */
  readonly agentsStarted: number;
  /** Closes the connection, and stops what was started for this session. */
  close(): Promise<void>;
}

/** Size of the reference fleet (DESIGN section 1). */
export const referenceAgents = 1_159;

export async function openFleet(options: OpenFleetOptions): Promise<OpenFleet> {
  return options.redisUrl === undefined ? openPrivate(options) : openGiven(options, options.redisUrl);
}

async function openPrivate(options: OpenFleetOptions): Promise<OpenFleet> {
  const { home, need } = options;
  if (need !== 'read') prepareHome(home);
  const { state, fleet } = await fleetStatus(home);
  const runs = (state === 'up' || state === 'degraded') && fleet !== null;
  if (!runs && need === 'read') {
    if (!hasData(home)) throw nothingYet();
    prepareHome(home);
  }
  const running = await startFleet({
    home,
    agents: options.agents ?? (runs && !fleet.redisOnly ? fleet.agents : referenceAgents),
    seed: options.seed,
    prefix: options.prefix ?? (runs ? fleet.prefix : ''),
    // A fleet that runs for somebody's session is used while it lasts.
    lifetime: need === 'daemon' && !(runs && fleet.lifetime === 'session') ? 'daemon' : 'session',
    redisOnly: need === 'read',
    ...sharedOptions(options),
  });
  const socketPath = 'socketPath' in running.connection ? running.connection.socketPath : null;
  const url = 'url' in running.connection ? running.connection.url : null;
  return connect(options, { socketPath, url }, running);
}

async function openGiven(options: OpenFleetOptions, url: string): Promise<OpenFleet> {
  const target = { socketPath: null, url };
  const fleet = await connect(options, target, undefined);
  if (options.need === 'read') return fleet;
  try {
    const registered = await listAgents(fleet.redis, fleet.names, Date.now());
    if (registered.some((agent) => agent.alive)) return fleet;
    if (registered.length > 0) throw nobodyAlive(target, registered.length);
  } catch (thrown) {
    await fleet.close();
    throw thrown;
  }
  await fleet.close();
  prepareHome(options.home);
  const running = await startFleet({
    home: options.home,
    agents: options.agents ?? referenceAgents,
    seed: options.seed,
    prefix: options.prefix ?? '',
    redisUrl: url,
    lifetime: options.need === 'daemon' ? 'daemon' : 'session',
    ...sharedOptions(options),
  });
  return connect(options, target, running);
}

function sharedOptions({ signal, onProgress }: OpenFleetOptions) {
  return { signal, ...(onProgress === undefined ? {} : { onProgress }) };
}

async function connect(
  options: OpenFleetOptions,
  target: RedisTarget,
  running: RunningFleet | undefined,
): Promise<OpenFleet> {
  const stop = async () => {
    if (options.need !== 'daemon') await running?.stop();
  };
  let redis: Redis;
  try {
    redis = await connectRedis(target, { patience: 'command', name: options.connectionName });
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    redis,
    names: createNames(options.prefix ?? running?.status.fleet?.prefix ?? ''),
    target,
    agentsStarted: running?.started === true ? (running.status.fleet?.agents ?? 0) : 0,
    async close() {
      redis.disconnect();
      await stop();
    },
  };
}

function nothingYet(): DreamnetError {
  return new DreamnetError({
    code: 'DN330',
    kind: 'unreachable',
    message: 'No fleet has run here yet, so there is nothing to show.',
    hint: 'Start one with `dreamnet up`, or run a whole loop with `dreamnet run "reduce costs 15%"`.',
  });
}

function nobodyAlive(target: RedisTarget, registered: number): DreamnetError {
  return new DreamnetError({
    code: 'DN331',
    kind: 'unreachable',
    message: `None of the ${registered} agents registered at ${describeTarget(target)} has been heard of for ${limits.agentAliveMs / 1000} s.`,
    hint: 'Start them again; simulated agents are not put among real ones.',
  });
}
