/**
 * The flags of `agent` in, agents that work until the signal is raised out. With a Redis address they wait for it as long as
 * it takes; without one they are agents of this home, whose private Redis is started when none runs, and ends with them.
 */
import { type HostedAgent, startHost } from '../core/agent/host.js';
import {
  type DockerAgents,
  numberedIds,
  openDockerAgents,
} from '../core/agent/workloads/docker/docker-agents.js';
import type { PutBack } from '../core/agent/workloads/docker/effects/put-back-words.js';
import { simulatedAgents } from '../core/agent/workloads/simulated-agents.js';
import { prepareHome } from '../core/fleet/home.js';
import { openFleet } from '../core/fleet/open-fleet.js';
import { ensureSigningKeys } from '../core/fleet/signing-keys.js';
import { trustIn } from '../core/keys/trust.js';
import { connectRedis, describeTarget, type RedisTarget } from '../core/nerve/connection.js';
import { createNames } from '../core/nerve/names.js';
import { pause } from '../core/pause.js';
import { type AgentPlace, moveOf, openAgentPlace, openEngineOf } from './agent-flags.js';
import { type AgentWish, type HostAgentsFlags, readAgentWish } from './agent-wish.js';
import { formatCount } from './format.js';
import type { LogLine } from './service-log.js';

export interface AgentDocument {
  readonly workload: string;
  readonly agents: readonly string[];
  readonly stateDir: string;
}

/** Redis may be away when they end: nobody waits for a goodbye for longer than this. */
const goodbyeMs = 3_000;

/** Resolves when they have ended. */
export async function hostAgents(
  flags: HostAgentsFlags,
  { signal, log }: { readonly signal: AbortSignal; readonly log: (line: LogLine) => void },
): Promise<AgentDocument> {
  const wish = readAgentWish(flags);
  const place = openAgentPlace(flags, flags.workload);
  const closers: (() => void | Promise<void>)[] = [() => place.lock.release()];
  try {
    return await work(wish, { place, signal, log, closers });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

interface Work {
  readonly place: AgentPlace;
  readonly signal: AbortSignal;
  readonly log: (line: LogLine) => void;
  /** What is opened, the last one first to be closed. */
  readonly closers: (() => void | Promise<void>)[];
}

async function work(wish: AgentWish, { place, signal, log, closers }: Work): Promise<AgentDocument> {
  const { flags } = wish;
  const say = (text: string) => log({ level: 'info', type: 'agent', text });
  const warn = (text: string) => log({ level: 'warning', type: 'agent', text });
  const docker = flags.workload === 'docker' ? await openDocker(wish, { place, log, closers }) : undefined;
  const agents = docker?.agents ?? simulated(wish);
  const ids = agents.map(({ id }) => id);
  const document = { workload: flags.workload, agents: ids, stateDir: place.stateDir };
  const { target, prefix } = await redisOf(flags, { place, signal, closers });
  const trust = trustIn(flags.keys ?? place.home.keysDir, say);
  if (trust().trusted.length === 0)
    warn(`no order is obeyed before a NAME.pub.pem is in ${flags.keys ?? place.home.keysDir}`);
  say(`connecting to Redis at ${describeTarget(target)}`);
  const redis = await connectedTo(target, ids[0] ?? '', signal);
  if (redis === undefined) return document;
  closers.push(() => redis.disconnect());
  const host = await startHost({
    hostId: ids[0] ?? '',
    ...{ redis, names: createNames(prefix), agents, trust, stateDir: place.stateDir, log: warn },
  });
  closers.push(() => stopped(host.stop()));
  if (docker !== undefined) {
    for (const one of await docker.settle(host.agents)) putBackLine(one, log);
    say(docker.words());
  }
  log({
    level: 'info',
    type: 'ready',
    text: `${formatCount(agents.length, 'agent')} ready: ${ids.join(', ')}`,
    facts: { agents: ids },
  });
  await until(signal);
  return document;
}

async function openDocker(
  { flags, filters, prices, labels, ids }: AgentWish,
  { place, log, closers }: Pick<Work, 'place' | 'log' | 'closers'>,
): Promise<DockerAgents> {
  const engine = await openEngineOf(flags);
  closers.push(() => engine.close());
  const docker = await openDockerAgents({
    ...{ engine, filters, prices, labels, stateDir: place.stateDir, move: moveOf(flags) },
    ids,
    agents: flags.agents === undefined ? undefined : Number(flags.agents),
    redis: addressOf(flags.redis),
    log: (text) => log({ level: 'warning', type: 'agent', text }),
  });
  closers.push(async () => {
    const left = await docker.close();
    if (left === 0) return;
    const text = `${formatCount(left, 'change')} of containers stay in force; put them back with: dreamnet agent restore --yes`;
    log({ level: 'info', type: 'left', text, facts: { changes: left } });
  });
  return docker;
}

function simulated({ flags, labels, ids }: AgentWish): HostedAgent[] {
  const count = flags.agents === undefined ? 1 : Number(flags.agents);
  const all = numberedIds(ids, count);
  return simulatedAgents({ ids: all, labels, agents: all.length, firstAgent: 0, seed: Number(flags.seed) });
}

/** A Redis that is given may come later; the private one is started, and agents of its home join those of a fleet. */
async function redisOf(
  { redis, prefix }: HostAgentsFlags,
  { place, signal, closers }: Pick<Work, 'place' | 'signal' | 'closers'>,
): Promise<{ readonly target: RedisTarget; readonly prefix: string }> {
  if (redis !== undefined) return { target: { socketPath: null, url: redis }, prefix: prefix ?? '' };
  prepareHome(place.home);
  ensureSigningKeys(place.home);
  const fleet = await openFleet({
    ...{ home: place.home, redisUrl: undefined, prefix, agents: undefined, seed: 1 },
    ...{ need: 'session', agentsElsewhere: true, connectionName: 'dreamnet-agent', signal },
  });
  closers.push(() => fleet.close());
  return { target: fleet.target, prefix: fleet.prefix };
}

/** Undefined when the signal is raised before it answers. */
async function connectedTo(target: RedisTarget, name: string, signal: AbortSignal) {
  const connecting = connectRedis(target, { patience: 'agent', name });
  const redis = await Promise.race([connecting, until(signal)]);
  if (redis === undefined) connecting.then((late) => late.disconnect()).catch(() => undefined);
  return redis;
}

async function until(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

async function stopped(stopping: Promise<void>): Promise<void> {
  const inTime = new AbortController();
  stopping.catch(() => undefined);
  await Promise.race([stopping.catch(() => undefined), pause(goodbyeMs, inTime.signal)]);
  inTime.abort();
}

function putBackLine({ name, aspect, outcome, words }: PutBack, log: Work['log']): void {
  const level = outcome === 'failed' ? 'warning' : 'info';
  log({
    level,
    type: 'put-back',
    text: `${name}: ${aspect} ${outcome}: ${words}`,
    facts: { name, aspect, outcome },
  });
}

/** The host and port of a Redis that a container may be: the first of several. */
function addressOf(url: string | undefined): { host: string; port: number } | undefined {
  const parsed = url === undefined ? null : URL.parse(url.split(',')[0]?.trim() ?? '');
  return parsed === null ? undefined : { host: parsed.hostname, port: Number(parsed.port || 6379) };
}
