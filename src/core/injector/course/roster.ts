/**
 * Who joined while a rollout was under way, who left, and who came back: looked for in the registry, by heartbeats first and
 * part by part, so that a large fleet that stays as it is costs little time and no memory.
 */
import { limits } from '../../limits.js';
import { readAgentRecords } from '../../nerve/agent-records.js';
import type { AgentRecord } from '../../nerve/messages/agent-record.js';
import type { RolloutAgent } from '../../nerve/messages/rollout-record.js';
import { createOfferReader, type OfferRead } from '../../offers/read-offers.js';
import { type UnfitAgents, whyUnfit } from '../../offers/unfit-agents.js';
import type { Plan, PlannedAgent } from '../plan/plan.js';
import { absentAmong, signedOffAmong } from './departures.js';
import type { HeldRollout } from './held-rollout.js';
import type { RolloutDependencies, RolloutOptions } from './rollout.js';
import { placeOf } from './rollout-agents.js';

export interface Changes {
  /** Agents that are meant and have not got the program: new ones, and those that had left and are back. */
  readonly arrived: readonly PlannedAgent[];
  /** Agents that have it, or hold it ready, and are not there any more. */
  readonly departed: readonly string[];
  /** New agents that are meant and do not offer what the program needs; each of them once. */
  readonly unfit: readonly UnfitAgents[];
}

const agentsPerRead = 1_000;

export class Roster {
  readonly #deps: RolloutDependencies;
  readonly #held: HeldRollout;
  readonly #plan: Plan;
  readonly #canJoin: RolloutOptions['canJoin'];
  readonly #program: RolloutOptions['program'];
  readonly #readOffer: (digest: string) => Promise<OfferRead>;
  /** By id; with the host that carries it now. */
  readonly #arrived = new Map<string, PlannedAgent>();
  readonly #joined: Set<string>;
  #lateBatch: number | undefined;
  /** Registered agents that are not meant: not read again. */
  readonly #passedOver = new Set<string>();

  constructor(
    dependencies: RolloutDependencies,
    held: HeldRollout,
    { plan, canJoin, program }: Pick<RolloutOptions, 'plan' | 'canJoin' | 'program'>,
  ) {
    this.#deps = dependencies;
    this.#held = held;
    this.#plan = plan;
    this.#canJoin = canJoin;
    this.#program = program;
    this.#readOffer = createOfferReader(dependencies);
    this.#joined = new Set(plan.agents.filter(({ joined }) => joined).map(({ id }) => id));
  }

  /** The planned agents, and those that arrived since. */
  get agents(): readonly PlannedAgent[] {
    if (this.#arrived.size === 0) return this.#plan.agents;
    const stayed = this.#plan.agents.filter(({ id }) => !this.#arrived.has(id));
    return [...stayed, ...this.#arrived.values()];
  }

  failedJoined(): number {
    let failed = 0;
    for (const id of this.#joined) if (this.#held.outcomeOf(id) === 'failed') failed++;
    return failed;
  }

  /**
   * New agents are one further batch; those that are back keep the place that they had. Until all are live only who has
   * signed off is gone: the others are about to be asked.
   */
  async look(): Promise<Changes> {
    const having = idsHavingPart(this.#held.agents);
    const isLive = this.#held.record.state === 'live';
    const gone = isLive
      ? [...(await absentAmong(this.#deps, having)).keys()]
      : await signedOffAmong(this.#deps, having);
    // While Redis was away nobody could be heard of.
    const departed = this.#held.isBackFromOutage ? [] : gone;
    const wanted = await this.#wanted();
    const { arrived, unfit } = wanted.length === 0 ? nobody : await this.#placed(wanted);
    return { arrived, departed, unfit };
  }

  /** Living agents that may be meant and have not got the program. */
  async #wanted(): Promise<string[]> {
    const { redis, names, clock } = this.#deps;
    const { agents } = this.#held;
    const aliveSinceMs = clock() - limits.agentAliveMs;
    const wanted = new Set<string>();
    let cursor = '0';
    do {
      const [next, beats] = await redis.zscan(names.agents, cursor, 'COUNT', agentsPerRead);
      cursor = next;
      for (let at = 0; at + 1 < beats.length; at += 2) {
        const id = beats[at] ?? '';
        if (Number(beats[at + 1]) < aliveSinceMs) continue;
        if (agents.has(id) ? hasLeft(agents.get(id)) : this.#mayJoin(id)) wanted.add(id);
      }
    } while (cursor !== '0');
    return [...wanted];
  }

  #mayJoin(id: string): boolean {
    return this.#canJoin !== undefined && !this.#passedOver.has(id);
  }

  async #placed(ids: readonly string[]): Promise<Pick<Changes, 'arrived' | 'unfit'>> {
    const { redis, names } = this.#deps;
    const batch = this.#lateBatch ?? this.#held.record.batches;
    const arrived: PlannedAgent[] = [];
    const unfit = new Map<string, string[]>();
    for (const record of await readAgentRecords(redis, names, ids)) {
      if (record === undefined) continue;
      const { id, host, transport = 'bus' } = record;
      const before = this.#held.agents.get(id);
      const reason = before === undefined ? await this.#whyNot(record) : undefined;
      if (before !== undefined) arrived.push({ id, host, transport, ...placeOf(before) });
      else if (reason === undefined)
        arrived.push({ id, host, transport, batch, heldOut: false, joined: true });
      else this.#passedOver.add(id);
      if (reason !== undefined && reason !== notMeant)
        unfit
          .set(reason, unfit.get(reason) ?? [])
          .get(reason)
          ?.push(id);
    }
    for (const agent of arrived) {
      this.#arrived.set(agent.id, agent);
      if (!agent.joined) continue;
      this.#joined.add(agent.id);
      this.#lateBatch = batch;
    }
    return { arrived, unfit: [...unfit].map(([reason, agents]) => ({ reason, agents })) };
  }

  /** Why a new agent does not get the program; one that says nothing of what it offers is asked. */
  async #whyNot(record: AgentRecord): Promise<string | undefined> {
    if (!this.#canJoin?.(record)) return notMeant;
    const offer = record.offer === undefined ? undefined : await this.#readOffer(record.offer);
    return offer?.ok ? whyUnfit(this.#program, offer.capabilities) : undefined;
  }
}

const notMeant = '';
const nobody = { arrived: [], unfit: [] };

function hasLeft(agent: RolloutAgent | undefined): boolean {
  return agent?.outcome === 'failed' && agent.code === 'DN542';
}

function* idsHavingPart(agents: ReadonlyMap<string, RolloutAgent>): Generator<string> {
  for (const [id, { outcome }] of agents) if (outcome === 'staged' || outcome === 'live') yield id;
}
