/**
 * The gates of one rollout: what became of its agents in, verdicts out, after each batch and after the time that live agents
 * are watched. It reads agents, and decides nothing: the rollout's course stops, pauses or goes on by the verdicts.
 */
import { limits } from '../../limits.js';
import type { GateVerdict } from '../../nerve/messages/gate-verdict.js';
import type { AgentOutcome, RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import { pause } from '../../pause.js';
import type { PlannedAgent } from '../plan/plan.js';
import { judgeLook } from './judge.js';
import { levelsBefore } from './levels-before.js';
import { readAgents } from './read-agents.js';
import { Readings, type Side } from './readings.js';
import type { Tolerances } from './tolerances.js';
import { type ProgramWatch, watchProgram } from './watch-program.js';

export interface GateDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly clock: () => number;
}

/** The rollout as it is now. */
export interface GatedRollout {
  readonly record: RolloutRecord;
  readonly acknowledgeWithinMs: number;
  outcomeOf(id: string): AgentOutcome;
}

export interface GateOptions {
  /** In the plan's random order. */
  readonly agents: readonly PlannedAgent[];
  readonly tolerances: Tolerances;
  readonly bakeMs: number;
}

export interface Watch {
  /** Live. */
  readonly agents: readonly PlannedAgent[];
  readonly forMs: number;
  readonly signal: AbortSignal;
}

/** Reads the level of every agent that will be compared, from before the rollout touched any. */
export async function openGates(
  dependencies: GateDependencies,
  rollout: GatedRollout,
  options: GateOptions,
): Promise<Gates> {
  const { record } = rollout;
  // Where all change at once, nobody is left to be compared with.
  const isOver = record.batches < 2 || record.state === 'live';
  const sample = isOver || Object.keys(options.tolerances).length === 0 ? [] : sampleOf(options.agents);
  const readings = new Readings(record.id);
  const { readings: levels, lost } = await levelsBefore(dependencies, rollout, sample);
  for (const [id, level] of levels) readings.remember(id, level);
  return new Gates(dependencies, rollout, { ...options, sample, readings, lost });
}

interface FollowedAgents extends GateOptions {
  readonly sample: readonly PlannedAgent[];
  readonly readings: Readings;
  /** Agents of the sample that ran the program before their level could be read. */
  readonly lost: number;
}

export class Gates {
  readonly #deps: GateDependencies;
  readonly #rollout: GatedRollout;
  readonly #options: FollowedAgents;
  readonly #accepted = new Map<GateVerdict['gate'], NonNullable<GateVerdict['accepted']>>();
  /** Gates that an earlier coordinator left inconclusive: silence does not settle them. */
  readonly #undecided: ReadonlySet<GateVerdict['gate']>;
  #looks = 0;
  #lookedAtMs: number;

  constructor(dependencies: GateDependencies, rollout: GatedRollout, options: FollowedAgents) {
    this.#deps = dependencies;
    this.#rollout = rollout;
    this.#options = options;
    this.#lookedAtMs = dependencies.clock();
    const earlier = rollout.record.gates ?? [];
    this.#undecided = new Set(earlier.filter(isOpen).map(({ gate }) => gate));
    for (const { gate, accepted } of earlier) if (accepted !== undefined) this.#accepted.set(gate, accepted);
  }

  /** As many failed agents as are tolerated, all told; those that joined meanwhile do not count. */
  judgeAnswers(failedJoined: number): GateVerdict {
    const { counts, maxFailures } = this.#rollout.record;
    const { pending = 0, staged = 0, live = 0 } = counts;
    const failed = (counts.failed ?? 0) - failedJoined;
    return {
      gate: 'acknowledgements',
      verdict: failed > maxFailures ? 'failed' : 'passed',
      at: this.#deps.clock(),
      ...this.#stageOf('batch'),
      text: `${failed} ${failed === 1 ? 'agent' : 'agents'} failed, ${maxFailures} are tolerated`,
      changed: staged + live,
      unchanged: pending,
    };
  }

  /** False when the last look was a moment ago. */
  get isLookDue(): boolean {
    return this.#deps.clock() - this.#lookedAtMs >= limits.gateLookEveryMs;
  }

  /** After a batch: agents that are live already are compared; nothing when no look is due. */
  async afterBatch(signal: AbortSignal): Promise<GateVerdict[]> {
    if (!this.isLookDue) return [];
    return this.#lookUntilClear(this.#stageOf('batch'), { fromMs: this.#deps.clock(), signal });
  }

  /** Watches live agents, for longer while it is not clear how they fare; undefined when it was interrupted. */
  async watch({ agents, forMs, signal }: Watch): Promise<GateVerdict[] | undefined> {
    if (forMs <= 0) return [];
    const stage = this.#stageOf('bake');
    const sinceMs = this.#deps.clock();
    const endsAtMs = sinceMs + forMs;
    for (;;) {
      const leftMs = Math.max(0, endsAtMs - this.#deps.clock());
      await pause(Math.min(leftMs, limits.gateLookEveryMs), signal);
      if (signal.aborted) return undefined;
      const isOver = this.#deps.clock() >= endsAtMs;
      // A first tick may come late: in the end its absence is a failure.
      const graceMs = isOver ? this.#rollout.acknowledgeWithinMs : undefined;
      const program = await this.#judgeProgram(stage, { agents, sinceMs, graceMs, signal });
      if (program?.verdict === 'failed') return [program];
      const compared = isOver
        ? await this.#lookUntilClear(stage, { fromMs: endsAtMs, signal })
        : await this.#look(stage);
      if (signal.aborted) return undefined;
      if (isOver) return [...(program === undefined ? [] : [program]), ...compared];
      // What is certain need not be watched to the end.
      if (compared.some(isFailed)) return compared.filter(isFailed);
    }
  }

  /** An operator has decided that it goes on in spite of this: later verdicts of the same gate do not stop it again. */
  accept(verdicts: readonly GateVerdict[], accepted: NonNullable<GateVerdict['accepted']>): void {
    for (const { gate } of verdicts) this.#accepted.set(gate, accepted);
  }

  async #judgeProgram(
    stage: Stage,
    watch: Omit<ProgramWatch, 'instruction'>,
  ): Promise<GateVerdict | undefined> {
    const found = await watchProgram(this.#deps, { ...watch, instruction: this.#rollout.record.id });
    if (found === undefined) return undefined;
    return {
      gate: 'program',
      verdict: found.verdict,
      at: this.#deps.clock(),
      ...stage,
      text: found.text.slice(0, limits.reasonCharactersMax),
      changed: found.agents,
      unchanged: 0,
    };
  }

  async #lookUntilClear(
    stage: Stage,
    { fromMs, signal }: { readonly fromMs: number; readonly signal: AbortSignal },
  ): Promise<GateVerdict[]> {
    const untilMs = fromMs + (limits.gateWatchOnTimes - 1) * this.#options.bakeMs;
    for (;;) {
      const verdicts = await this.#look(stage);
      const isClear = verdicts.some(isFailed) || !verdicts.some(isOpen);
      if (isClear || signal.aborted || this.#deps.clock() >= untilMs) return verdicts;
      await pause(limits.gateLookEveryMs, signal);
    }
  }

  async #look(stage: Stage): Promise<GateVerdict[]> {
    const { redis, names, clock } = this.#deps;
    const { sample, readings, tolerances, bakeMs, lost } = this.#options;
    const sides = sample.flatMap(({ id }) => sideOf(id, this.#rollout.outcomeOf(id)));
    const [changed, unchanged] = [
      sides.filter((side) => side.changed),
      sides.filter((side) => !side.changed),
    ];
    this.#lookedAtMs = clock();
    if (changed.length === 0) return [];
    const read = (some: readonly Side[], windows: boolean) =>
      readAgents(
        redis,
        names,
        some.map(({ id }) => id),
        { windows },
      );
    const written = (await Promise.all([read(changed, true), read(unchanged, false)])).flat();
    this.#looks++;
    const isBaked = stage.stage === 'bake' && bakeMs >= limits.gateDataExpectedAfterMs;
    return judgeLook(readings.look([...changed, ...unchanged], written), {
      ...stage,
      at: clock(),
      looks: this.#looks,
      tolerances,
      expectsData: (gate) => isBaked || lost > 0 || this.#undecided.has(gate),
      lost,
    }).map((verdict) => this.#withAcceptance(verdict));
  }

  /** The batch that was the last to be done. */
  #stageOf(stage: GateVerdict['stage']): Stage {
    return { stage, batch: Math.max(1, this.#rollout.record.batchesDone) };
  }

  #withAcceptance(verdict: GateVerdict): GateVerdict {
    const accepted = this.#accepted.get(verdict.gate);
    return verdict.verdict === 'inconclusive' && accepted !== undefined ? { ...verdict, accepted } : verdict;
  }
}

/** Inconclusive, and nobody has decided about it. */
export function isOpen({ verdict, accepted }: GateVerdict): boolean {
  return verdict === 'inconclusive' && accepted === undefined;
}

function isFailed({ verdict }: GateVerdict): boolean {
  return verdict === 'failed';
}

function sideOf(id: string, outcome: AgentOutcome): Side[] {
  if (outcome === 'live') return [{ id, changed: true }];
  return outcome === 'pending' || outcome === 'staged' ? [{ id, changed: false }] : [];
}

interface Stage {
  readonly stage: GateVerdict['stage'];
  readonly batch: number;
}

/** All of a small fleet; of a large one both ends of the random order: the first to change, and the last. */
function sampleOf(agents: readonly PlannedAgent[]): readonly PlannedAgent[] {
  const { gateSampleAgents } = limits;
  if (agents.length <= 2 * gateSampleAgents) return agents;
  return [...agents.slice(0, gateSampleAgents), ...agents.slice(-gateSampleAgents)];
}
