/** Every Redis name the product uses: prefix in, typed key and channel names out (DESIGN section 4, docs/nerve.md). */

export type LeaderboardKind = 'throughput' | 'savings' | 'volume' | 'points';

export interface Names {
  readonly prefix: string;
  /** Stream and channel: instructions for the injector. */
  readonly instructions: string;
  /** Stream: messages that did not fit, with every reason. */
  readonly instructionsRejected: string;
  /** Stream and channel: results of rollouts. */
  readonly results: string;
  /** Stream and channel: drift, failures, corrections. */
  readonly alerts: string;
  /** Stream: decision records. */
  readonly decisions: string;
  /** Sorted set: agent id -> last heartbeat (ms). */
  readonly agents: string;
  /** Sorted set: rollout id -> time it was planned (ms). */
  readonly rollouts: string;
  /** Channel: rollout ids whose record changed; the record itself is `rollout(id)`. */
  readonly rolloutChanges: string;
  /** String counter: the last coordinator epoch given out. */
  readonly epoch: string;
  /** Hash: the last aggregate. */
  readonly aggregate: string;
  /** Hash: health of fleet and services. */
  readonly health: string;
  /** Stream: one entry per aggregate. */
  readonly history: string;
  /** String with expiry: which orchestrator aggregates now. */
  readonly orchestratorLease: string;
  /** String with expiry: which injector service takes instructions now. */
  readonly injectorLease: string;
  /** Set: ids of rollouts that nobody works on, and that an operator wants a service to go on with. */
  readonly injectorWanted: string;
  /** Hash: what the governor learned: effect sizes, versions, and which results it has taken in. */
  readonly governorMemory: string;
  /** Hash: what an agent says of itself. */
  agent(id: string): string;
  /** String: the agent's task table as last recorded (docs/nerve.md gives the encoding). */
  tasks(agentId: string): string;
  /** String: bytes of program.bc. */
  program(digest: string): string;
  /** String: what some agents offer to programs, as canonical JSON; their records name it. */
  offer(digest: string): string;
  /** Hash: rollout state; per-agent states are its fields `agent:<id>`, so that one script can change both. */
  rollout(id: string): string;
  /** Channel: ids of wishes for the coordinator of one rollout; the wish itself is a field of `rollout(id)`. */
  wishes(rolloutId: string): string;
  /** Stream: acknowledgements of one rollout's orders. */
  acknowledgements(rolloutId: string): string;
  /** Stream: orders for the agents that one host process carries. */
  orders(hostId: string): string;
  /** String, expires: which process last beat for a host. */
  hostProcess(hostId: string): string;
  /** Stream: traces of one agent; entry id = timestamp. */
  trace(agentId: string): string;
  /** String: what names the program and the actions of some traces, as JSON; they carry the reference. Expires. */
  traceNames(reference: string): string;
  /** Sorted set: agent id -> score. */
  leaderboard(kind: LeaderboardKind): string;
  /** Hash: instruction id -> points that the agent earned by it. */
  points(agentId: string): string;
}

/** Names under a namespace; the empty prefix gives the plain names of the contract. */
export function createNames(prefix = ''): Names {
  const head = prefix === '' ? '' : `${prefix}:`;
  const name = (rest: string) => `${head}${rest}`;
  return {
    prefix,
    instructions: name('swarm:instructions'),
    instructionsRejected: name('swarm:instructions:rejected'),
    results: name('swarm:execution:results'),
    alerts: name('swarm:alerts'),
    decisions: name('swarm:decisions'),
    agents: name('swarm:agents'),
    rollouts: name('swarm:rollouts'),
    rolloutChanges: name('swarm:rollouts:changes'),
    epoch: name('swarm:epoch'),
    aggregate: name('swarm:metrics:aggregate'),
    health: name('swarm:health:status'),
    history: name('swarm:performance:history'),
    orchestratorLease: name('swarm:orchestrator:lease'),
    injectorLease: name('swarm:injector:lease'),
    injectorWanted: name('swarm:injector:wanted'),
    governorMemory: name('governor:memory'),
    agent: (id) => name(`agent:${id}`),
    tasks: (agentId) => name(`tasks:${agentId}`),
    program: (digest) => name(`program:${digest}`),
    offer: (digest) => name(`offer:${digest}`),
    rollout: (id) => name(`rollout:${id}`),
    wishes: (rolloutId) => name(`rollout:${rolloutId}:wishes`),
    acknowledgements: (rolloutId) => name(`rollout:${rolloutId}:acks`),
    orders: (hostId) => name(`host:${hostId}:orders`),
    hostProcess: (hostId) => name(`host:${hostId}:process`),
    trace: (agentId) => name(`trace:${agentId}`),
    traceNames: (reference) => name(`trace-names:${reference}`),
    leaderboard: (kind) => name(`swarm:leaderboard:${kind}`),
    points: (agentId) => name(`points:${agentId}`),
  };
}
