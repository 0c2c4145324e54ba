/**
 * What agents wrote of themselves at look after look in, one reading per agent and metric out: how far it has moved from
 * its own level before the rollout (difference in differences). Each look is centred on the unchanged agents, so that what
 * the whole fleet shares cancels, and an agent's looks are averaged. Pure.
 */
import type { TickMetrics } from '../../nerve/messages/agent-record.js';
import type { GateMetric } from '../../nerve/messages/gate-verdict.js';
import type { AgentReading } from './read-agents.js';

export interface Sample {
  readonly changed: readonly number[];
  readonly unchanged: readonly number[];
  /** Agents of either side that measure this at all, or did before the rollout. */
  readonly measuring: { readonly changed: number; readonly unchanged: number };
  /** Variance that the counting of few failures alone gives the difference. */
  readonly varianceMin: number;
}

export interface Look {
  /** Changed agents, whether they say anything or not. */
  readonly changed: number;
  readonly samples: Readonly<Record<GateMetric, Sample>>;
}

export interface Side {
  readonly id: string;
  readonly changed: boolean;
}

/** An agent's ratio to its level before counts as at most threefold, either way: one odd agent must not decide alone. */
const logRatioMax = Math.log(3);
/** An agent's error rate before the rollout weighs as much as this many runs: two failures of three are no rate yet. */
const runsBeforeWeigh = 20;

const ratioMetrics = ['latency', 'cost'] as const;
type RatioMetric = (typeof ratioMetrics)[number];

export class Readings {
  readonly #agents = new Map<string, Followed>();
  readonly #instruction: string;

  constructor(instruction: string) {
    this.#instruction = instruction;
  }

  /** The level before the rollout; an agent that runs its program already has none. */
  remember(id: string, reading: AgentReading | undefined): void {
    if (reading?.metrics === undefined || reading.instruction === this.#instruction) return;
    this.#agents.set(id, followedFrom(reading, reading.metrics));
  }

  look(sides: readonly Side[], readings: readonly (AgentReading | undefined)[]): Look {
    const seen = sides.flatMap((side, at) => this.#see(side, readings[at]));
    for (const metric of ratioMetrics) addCentred(seen, metric);
    const measuring = (metric: GateMetric) => {
      const some = sides.filter(({ id }, at) => this.#measures(metric, id, readings[at]));
      const changed = some.filter((side) => side.changed).length;
      return { measuring: { changed, unchanged: some.length - changed } };
    };
    return {
      changed: sides.filter((side) => side.changed).length,
      samples: {
        errors: { ...errorSample(seen), ...measuring('errors') },
        latency: { ...ratioSample(seen, 'latency'), ...measuring('latency') },
        cost: { ...ratioSample(seen, 'cost'), ...measuring('cost') },
      },
    };
  }

  #measures(metric: GateMetric, id: string, reading: AgentReading | undefined): boolean {
    const known = [this.#agents.get(id)?.level, reading?.metrics && levelOf(reading.metrics)];
    return known.some(
      (level) => level !== undefined && (metric === 'errors' ? level.runs : level[metric]) > 0,
    );
  }

  /** Nothing, while there is nothing to say of an agent: unknown before, silent since, or started anew. */
  #see({ id, changed }: Side, reading: AgentReading | undefined): Seen[] {
    const agent = this.#agents.get(id);
    const metrics = reading?.metrics;
    if (agent === undefined || metrics === undefined || reading?.startedAt !== agent.startedAt) return [];
    if (changed && !agent.changed) becomeChanged(agent);
    const window = reading.window?.instruction === this.#instruction ? reading.window : undefined;
    // Ticked under the program, as its window says it; without a window, since the last look before it changed.
    if (changed && window?.ticks === 0) return [];
    if (metrics.at <= agent.changedAfter) return [];
    const isNew = metrics.at > agent.seenAt;
    agent.seenAt = Math.max(agent.seenAt, metrics.at);
    const now = levelOf(metrics);
    const since = changed && window !== undefined ? { completed: 0, failed: 0 } : agent.counted;
    const counted = changed && window !== undefined ? window : metrics;
    return [
      {
        agent,
        changed,
        isNew,
        ratios: {
          latency: logRatio(now.latency, agent.level.latency),
          cost: logRatio(now.cost, agent.level.cost),
        },
        completed: (counted.completed ?? 0) - since.completed,
        failed: (counted.failed ?? 0) - since.failed,
      },
    ];
  }
}

interface Level {
  readonly latency: number;
  /** Of one task. */
  readonly cost: number;
  readonly runs: number;
  /** Share of the runs that failed. */
  readonly errors: number;
}

interface Followed {
  readonly startedAt: number;
  /** Before the rollout. */
  readonly level: Level;
  readonly counted: { readonly completed: number; readonly failed: number };
  changed: boolean;
  /** Readings up to this time of the agent's own clock are from before. */
  changedAfter: number;
  seenAt: number;
  means: Record<RatioMetric, { sum: number; looks: number }>;
}

interface Seen {
  readonly agent: Followed;
  readonly changed: boolean;
  /** It has ticked since the last look. */
  readonly isNew: boolean;
  readonly ratios: Readonly<Record<RatioMetric, number | undefined>>;
  /** Runs since it changed, or since the rollout began. */
  readonly completed: number;
  readonly failed: number;
}

function followedFrom({ startedAt }: AgentReading, metrics: TickMetrics): Followed {
  const { at, completed = 0, failed = 0 } = metrics;
  return {
    startedAt,
    level: levelOf(metrics),
    counted: { completed, failed },
    changed: false,
    changedAfter: at,
    seenAt: at,
    means: noMeans(),
  };
}

/** What an agent does not measure is 0 here, which no ratio is made of. */
function levelOf({ latency = 0, cost = 0, tasks, completed = 0, failed = 0 }: TickMetrics): Level {
  const runs = completed + failed;
  return {
    latency,
    cost: tasks === 0 ? 0 : cost / tasks,
    runs,
    errors: runs === 0 ? 0 : failed / runs,
  };
}

function becomeChanged(agent: Followed): void {
  agent.changed = true;
  agent.changedAfter = agent.seenAt;
  agent.means = noMeans();
}

function noMeans(): Followed['means'] {
  return { latency: { sum: 0, looks: 0 }, cost: { sum: 0, looks: 0 } };
}

function logRatio(now: number, before: number): number | undefined {
  if (!(now > 0) || !(before > 0)) return undefined;
  return Math.max(-logRatioMax, Math.min(logRatioMax, Math.log(now / before)));
}

function addCentred(seen: readonly Seen[], metric: RatioMetric): void {
  const unchanged = seen.flatMap(({ changed, ratios }) => (changed ? [] : (ratios[metric] ?? [])));
  if (unchanged.length === 0) return;
  const centre = unchanged.reduce((sum, ratio) => sum + ratio, 0) / unchanged.length;
  for (const { agent, isNew, ratios } of seen) {
    const ratio = ratios[metric];
    if (!isNew || ratio === undefined) continue;
    agent.means[metric].sum += ratio - centre;
    agent.means[metric].looks++;
  }
}

function ratioSample(seen: readonly Seen[], metric: RatioMetric): Omit<Sample, 'measuring'> {
  const readings = (side: boolean) =>
    seen.flatMap(({ agent, changed }) => {
      const { sum, looks } = agent.means[metric];
      return changed === side && looks > 0 ? [sum / looks] : [];
    });
  return { changed: readings(true), unchanged: readings(false), varianceMin: 0 };
}

/** Failed runs of all runs now, less those before, in points of one. */
function errorSample(seen: readonly Seen[]): Omit<Sample, 'measuring'> {
  // No run at all says nothing of errors; fewer than before is an agent that has begun to count anew.
  const ran = seen.filter(({ completed, failed }) => completed >= 0 && failed >= 0 && completed + failed > 0);
  const of = (side: boolean) => ran.filter(({ changed }) => changed === side);
  const change = ({ agent: { level }, completed, failed }: Seen) =>
    (failed + runsBeforeWeigh * level.errors) / (completed + failed + runsBeforeWeigh) - level.errors;
  const runs = (some: readonly Seen[]) =>
    some.reduce((sum, { completed, failed }) => sum + completed + failed, 0);
  const failures = ran.reduce((sum, { failed }) => sum + failed, 0);
  const [changed, unchanged] = [of(true), of(false)];
  const rate = failures / Math.max(1, runs(ran));
  const counting = rate * (1 - rate) * (1 / Math.max(1, runs(changed)) + 1 / Math.max(1, runs(unchanged)));
  return { changed: changed.map(change), unchanged: unchanged.map(change), varianceMin: counting };
}
