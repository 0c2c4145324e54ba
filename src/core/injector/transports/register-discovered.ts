/**
 * Agents that a transport found, and that do not register themselves, in; their records and heartbeats in Redis out, so that
 * selectors, plans and `agents list` know them. For as long as somebody works with them they are looked for again, and what
 * has vanished is signed off.
 */
import { answeredWithin } from '../../answered-within.js';
import { messageOf } from '../../errors.js';
import { listAgents, type RegisteredAgent, readAgents } from '../../fleet/registry.js';
import { limits } from '../../limits.js';
import { agentRecordFields } from '../../nerve/agent-records.js';
import { externalWorkload, type TransportName } from '../../nerve/messages/agent-record.js';
import { identifierSchema } from '../../nerve/messages/identifiers.js';
import type { Names } from '../../nerve/names.js';
import { pipelined } from '../../nerve/records.js';
import type { Redis } from '../../nerve/redis.js';
import { pause } from '../../pause.js';

export interface DiscoveredAgent {
  /** As the agent gives it: whether it can be one is asked here. */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Digest of the program that it has; undefined for none. */
  readonly live?: string | undefined;
}

export interface Discovered {
  readonly agents: readonly DiscoveredAgent[];
  /** What was found and cannot be used, a sentence each. */
  readonly problems: readonly string[];
}

/** One place where agents are looked for. */
export interface DiscoverySource {
  readonly transport: Exclude<TransportName, 'bus'>;
  /** What stands in the agents' records as their host. */
  readonly host: string;
  /** `known` are registered already: nobody needs to look again which program they have. */
  find(known: ReadonlySet<string>): Promise<Discovered>;
}

export interface RegistrationDependencies {
  readonly redis: Redis;
  readonly names: Names;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export interface Registration {
  /** Ids of the agents that are registered now. */
  readonly registered: readonly string[];
  /** Why others are not, a sentence each. */
  readonly problems: readonly string[];
}

/** With what the last time gave only the records of its agents, and of those that are found, are read: not the whole registry. */
export async function registerDiscovered(
  { redis, names, clock }: RegistrationDependencies,
  source: DiscoverySource,
  before?: Registration,
): Promise<Registration> {
  const asked =
    before === undefined
      ? await listAgents(redis, names, clock())
      : await readAgents(redis, names, { ids: before.registered, nowMs: clock() });
  const ours = asked.filter((agent) => isOf(agent, source)).map(({ id }) => id);
  const { agents: found, problems: unusable } = await source.find(new Set(ours));
  const nowMs = clock();
  const known = new Map(asked.map((agent) => [agent.id, agent]));
  const unasked = before === undefined ? [] : found.map(({ id }) => id).filter((id) => !known.has(id));
  for (const agent of await readAgents(redis, names, { ids: unasked, nowMs })) known.set(agent.id, agent);
  const problems = [...unusable];
  const accepted = new Map<string, DiscoveredAgent>();
  for (const agent of found) {
    const problem = problemOf(agent, {
      source,
      known: known.get(agent.id),
      isSecond: accepted.has(agent.id),
    });
    if (problem === undefined) accepted.set(agent.id, agent);
    else if (problem !== '') problems.push(problem);
  }
  await pipelined(redis, [...accepted.values()], (pipeline, agent) => {
    const key = names.agent(agent.id);
    const earlier = known.get(agent.id);
    pipeline.hset(key, agentRecordFields(identityOf(agent, source)));
    if (earlier !== undefined && isOf(earlier, source)) return;
    // What a transport has written of its program is newer than what was found; after a while away it is looked at again.
    pipeline.hset(key, agentRecordFields({ startedAt: nowMs, status: agent.live ? 'live' : 'idle' }));
    pipeline.hset(key, 'live', agent.live ?? '');
  });
  await pipelined(redis, [...accepted.keys()], (pipeline, id) => pipeline.zadd(names.agents, nowMs, id));
  await signOff(
    { redis, names },
    ours.filter((id) => !accepted.has(id)),
  );
  return { registered: [...accepted.keys()], problems };
}

export interface KeptRegistration {
  readonly first: Registration;
  /** Stops looking, and waits a moment at most; the agents stay in the registry until their heartbeat is too old. */
  close(): Promise<void>;
}

/** Looking at a thousand agents costs more than a heartbeat; twice within the time that one lasts is enough. */
const lookAgainMs = 2 * limits.heartbeatEveryMs;
const closeMsMax = 2_000;

/** Registers now, and again and again until it is closed. `report` hears each problem once. */
export async function keepRegistered(
  dependencies: RegistrationDependencies & { readonly report: (problem: string) => void },
  source: DiscoverySource,
): Promise<KeptRegistration> {
  const told = new Set<string>();
  const tell = (problems: readonly string[]) => {
    for (const problem of problems) if (!told.has(problem)) dependencies.report(problem);
    for (const problem of problems) told.add(problem);
  };
  let begunMs = performance.now();
  const first = await registerDiscovered(dependencies, source);
  tell(first.problems);
  let last = first;
  const closing = new AbortController();
  const keeping = (async () => {
    for (;;) {
      await pause(Math.max(0, begunMs + lookAgainMs - performance.now()), closing.signal);
      if (closing.signal.aborted) return;
      begunMs = performance.now();
      try {
        last = await registerDiscovered(dependencies, source, last);
        tell(last.problems);
      } catch (thrown) {
        if (!closing.signal.aborted) tell([`agents were not looked for: ${messageOf(thrown)}`]);
      }
    }
  })();
  return {
    first,
    async close() {
      closing.abort();
      await answeredWithin(closeMsMax, keeping).catch(() => undefined);
    },
  };
}

/** Undefined when the agent can be registered, empty when it is no problem that it is not. */
function problemOf(
  { id }: DiscoveredAgent,
  {
    source: { transport, host },
    known,
    isSecond,
  }: { source: DiscoverySource; known: RegisteredAgent | undefined; isSecond: boolean },
): string | undefined {
  const shown = JSON.stringify(id.slice(0, 140));
  if (!identifierSchema.safeParse(id).success)
    return `${shown} is no agent id: 1 to 128 letters, digits or . _ : @ - are.`;
  if (isSecond) return `There are two agents ${shown} on the ${transport}; the second one is left out.`;
  if (known === undefined || !known.alive || isOf(known, { transport, host })) return undefined;
  // It has a host process of its own, which registers it as reached this way.
  if (known.transport === transport && known.workload !== externalWorkload) return '';
  return `${shown} is alive on the ${known.transport} of ${known.host}; the one on the ${transport} is left alone.`;
}

function isOf(
  { transport, host, workload }: RegisteredAgent,
  source: Pick<DiscoverySource, 'transport' | 'host'>,
): boolean {
  return workload === externalWorkload && transport === source.transport && host === source.host;
}

function identityOf({ id, labels }: DiscoveredAgent, { transport, host }: DiscoverySource) {
  const workload = externalWorkload;
  return { id, host, transport, labels: { ...labels, transport }, workload, capabilities: [], offer: '' };
}

async function signOff(
  { redis, names }: Pick<RegistrationDependencies, 'redis' | 'names'>,
  ids: readonly string[],
): Promise<void> {
  await pipelined(redis, ids, (pipeline, id) => {
    pipeline.hset(names.agent(id), { status: 'stopped' });
    pipeline.zrem(names.agents, id);
  });
}
