/**
 * How a command gets to a fleet: what is configured in, a connection to Redis and a promise to clean up out. With
 * nothing configured the private Redis and a local fleet of simulated agents are started; a fleet that runs is used as
 * it is; with a Redis address, simulated agents are started only where no other agent has ever registered.
 */
import { DreamnetError, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { connectRedis, describeTarget, type RedisTarget } from '../nerve/connection.js';
import { openFleetClock } from '../nerve/fleet-clock.js';
import { createNames, type Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { recordedStatus } from './fleet-status.js';
import { type Home, prepareHome } from './home.js';
import {
  type FleetProgress,
  type FleetState,
  fleetStatus,
  type RunningFleet,
  startFleet,
} from './local-fleet.js';
import { hasData } from './private-data.js';
import { requireReachable } from './redis-url.js';
import { listAgents } from './registry.js';
import { waitFor } from './wait.js';

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
   * what earlier runs left in the private Redis is enough. `running`: agents are needed, and none are started for it.
   */
  readonly need: 'session' | 'daemon' | 'read' | 'running';
  /** Agents come from elsewhere, such as a volume: none are started for this call, Redis alone if need be. */
  readonly agentsElsewhere?: boolean;
  /** A session that goes on with a rollout of an earlier one: its agents know again what they had staged and live. */
  readonly keepAgents?: boolean;
  readonly connectionName: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: FleetProgress) => void;
}

export interface OpenFleet {
  readonly redis: Redis;
  readonly names: Names;
  readonly prefix: string;
  readonly target: RedisTarget;
  /** Agents that this call started; 0 when they ran already. */
  readonly agentsStarted: number;
  /** The process whose session this fleet belongs to and with which it ends, when that is another one; else null. */
  readonly endsWithPid: number | null;
  /** Closes the connection, and stops what was started for this session. */
  close(): Promise<void>;
}

/** Size of the reference fleet (DESIGN section 1). */
export const referenceAgents = 1_159;

/** A reading command keeps the private Redis for moments only; what needs agents waits for it this long. */
const readerMsMax = 5_000;
/** What listens there and has not greeted as Redis does within this is no Redis; refusals are told earlier. */
const greetMsMax = limits.redisGiveUpAfterMs + 2_000;

export async function openFleet(asked: OpenFleetOptions): Promise<OpenFleet> {
  const options = (await hasAgentsElsewhere(asked)) ? { ...asked, agentsElsewhere: true } : asked;
  const { home, redisUrl } = options;
  if (redisUrl === undefined && !isLooking(options)) prepareHome(home);
  const running = await runningFleet(options);
  const url = redisUrl ?? running?.redis.url ?? undefined;
  return url === undefined ? openPrivate(options, running) : openGiven(options, url, running);
}

/** Whether somebody who started the private Redis alone has agents on it, such as `dreamnet agent`. */
async function hasAgentsElsewhere(options: OpenFleetOptions): Promise<boolean> {
  const { home, need, redisUrl, agents, agentsElsewhere = false } = options;
  const { fleet } = recordedStatus(home);
  if (agentsElsewhere || need === 'read' || redisUrl !== undefined || agents !== undefined)
    return agentsElsewhere;
  if (fleet?.redisOnly !== true || fleet.redis.url !== null) return false;
  const target = { socketPath: home.socketPath, url: null };
  const wish = { patience: 'command', name: options.connectionName, giveUpAfterMs: readerMsMax } as const;
  const redis = await connectRedis(target, wish).catch(() => undefined);
  if (redis === undefined) return false;
  try {
    const names = createNames(options.prefix ?? fleet.prefix);
    return (await listAgents(redis, names, Date.now())).some((agent) => agent.alive);
  } finally {
    redis.disconnect();
  }
}

/** The fleet of this home, if one runs. */
async function runningFleet(options: OpenFleetOptions): Promise<FleetState | undefined> {
  const { home, signal, agentsElsewhere = false } = options;
  const alone = () => recordedStatus(home).fleet?.redisOnly === true;
  if (!isLooking(options) && !agentsElsewhere && alone())
    await waitFor(() => !alone(), { timeoutMs: readerMsMax, signal });
  const { state, fleet } = await fleetStatus(home);
  return (state === 'up' || state === 'degraded') && fleet !== null ? fleet : undefined;
}

async function openPrivate(options: OpenFleetOptions, fleet: FleetState | undefined): Promise<OpenFleet> {
  const { home, need, agentsElsewhere = false } = options;
  if (need === 'running' && !agentsElsewhere && !runsOrStarts(home)) throw noneRuns();
  if (fleet === undefined && need === 'read' && !agentsElsewhere) {
    if (!hasData(home)) throw nothingYet();
    prepareHome(home);
  }
  const running = await startFleet({
    home,
    agents: options.agents ?? agentsOf(fleet),
    seed: options.seed,
    prefix: options.prefix ?? fleet?.prefix ?? '',
    lifetime: lifetimeOf(options, fleet),
    redisOnly: isLooking(options) || agentsElsewhere,
    ...sharedOptions(options),
  });
  return connect(options, { socketPath: home.socketPath, url: null }, running);
}

async function openGiven(
  options: OpenFleetOptions,
  url: string,
  local: FleetState | undefined,
): Promise<OpenFleet> {
  const target = { socketPath: null, url };
  await requireReachable(url);
  const own = local?.redis.url === url ? local : undefined;
  const prefix = options.prefix ?? own?.prefix ?? '';
  const fleet = await connect({ ...options, prefix }, target, undefined);
  if (isLooking(options) || options.agentsElsewhere) return fleet;
  const endsWithPid = own?.prefix === prefix ? ownerOf(own) : null;
  try {
    const clock = await openFleetClock({ redis: fleet.redis, clock: Date.now });
    const registered = await listAgents(fleet.redis, fleet.names, clock.now());
    if (registered.some((agent) => agent.alive)) return { ...fleet, endsWithPid };
    if (registered.some((agent) => agent.workload !== 'simulated'))
      throw nobodyAlive(target, registered.length);
  } catch (thrown) {
    await fleet.close();
    throw thrown;
  }
  await fleet.close();
  prepareHome(options.home);
  const running = await startFleet({
    home: options.home,
    agents: options.agents ?? agentsOf(own),
    seed: options.seed,
    prefix,
    redisUrl: url,
    lifetime: lifetimeOf(options, own),
    ...sharedOptions(options),
  });
  return connect({ ...options, prefix }, target, running);
}

/** Agents are not started for it. */
function isLooking({ need }: OpenFleetOptions): boolean {
  return need === 'read' || need === 'running';
}

function runsOrStarts(home: Home): boolean {
  const { state, fleet } = recordedStatus(home);
  return ['starting', 'up', 'degraded'].includes(state) && fleet?.redisOnly !== true;
}

function agentsOf(fleet: FleetState | undefined): number {
  return fleet === undefined || fleet.redisOnly ? referenceAgents : fleet.agents;
}

/** Whose session a fleet runs for, unless it is ours. */
function ownerOf(fleet: FleetState | null | undefined): number | null {
  return fleet?.lifetime === 'session' && fleet.ownerPid !== process.pid ? fleet.ownerPid : null;
}

/** A fleet that runs for somebody's session is used while it lasts. */
function lifetimeOf({ need }: OpenFleetOptions, fleet: FleetState | undefined): 'daemon' | 'session' {
  return need === 'daemon' && fleet?.lifetime !== 'session' ? 'daemon' : 'session';
}

function sharedOptions({ signal, onProgress, keepAgents = false }: OpenFleetOptions) {
  return { signal, keepAgents, ...(onProgress === undefined ? {} : { onProgress }) };
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
    redis = await greeted(target, options);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const prefix = options.prefix ?? running?.status.fleet?.prefix ?? '';
  return {
    redis,
    names: createNames(prefix),
    prefix,
    target,
    agentsStarted: running?.started === true ? (running.status.fleet?.agents ?? 0) : 0,
    endsWithPid: ownerOf(running?.status.fleet),
    async close() {
      redis.disconnect();
      await stop();
    },
  };
}

/** A server that accepts connections and says nothing would be waited for without end. */
async function greeted(target: RedisTarget, { connectionName }: OpenFleetOptions): Promise<Redis> {
  const connecting = connectRedis(target, { patience: 'command', name: connectionName });
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(noRedis(target)), greetMsMax);
  try {
    return await Promise.race([connecting, late.promise]);
  } catch (thrown) {
    connecting.then((redis) => redis.disconnect()).catch(() => undefined);
    throw /RESP|Protocol error/.test(messageOf(thrown)) ? noRedis(target) : thrown;
  } finally {
    clearTimeout(timer);
  }
}

function nothingYet(): DreamnetError {
  return new DreamnetError({
    code: 'DN330',
    kind: 'unreachable',
    message: 'No fleet has run here yet, so there is nothing to show.',
    hint: 'Start one with `dreamnet up`, or run a whole loop with `dreamnet run "reduce costs 15%"`.',
  });
}

function noneRuns(): DreamnetError {
  return new DreamnetError({
    code: 'DN554',
    kind: 'unreachable',
    message:
      'No fleet runs here, and a dry run starts none: it shows what would be done to agents that are there.',
    hint: 'Start one with `dreamnet up`, or name the Redis of yours with --redis or REDIS_URL.',
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

function noRedis(target: RedisTarget): DreamnetError {
  return new DreamnetError({
    code: 'DN332',
    kind: 'unreachable',
    message: `What listens at ${describeTarget(target)} does not answer as Redis does.`,
    hint: 'Check REDIS_URL or --redis; without them dreamnet starts a private Redis.',
  });
}
