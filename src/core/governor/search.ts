/**
 * The parameter search: a program and an objective in, the values that reach the target at least risk out. Directions
 * through the parameter space come from a Halton sequence; along each, the strength that just reaches the target is found
 * in a closing bracket, because the effect grows with the strength. Everything is judged by what-if over the recorded tables.
 */
import type { ManifestParameter } from '../bytecode/manifest.js';
import type { Metric, Objective } from '../nerve/messages/decision.js';
import { predict, type WhatIf, type WhatIfModel } from './what-if.js';

export interface Candidate {
  readonly parameters: Readonly<Record<string, number>>;
  readonly whatIf: WhatIf;
}

export interface SearchResult {
  /** The best candidate that reaches the target within the guard rails; undefined when none does. */
  readonly chosen: Candidate | undefined;
  /** The one that comes nearest to the target within the guard rails. */
  readonly nearest: Candidate | undefined;
  /** How many parameter sets were tried. */
  readonly tried: number;
}

const directionsMax = 48;
const stepsMax = 8;
/** A gain this little above the target is near enough. */
const closeEnough = 0.0005;
/** Parameters are given to the fleet with this many significant digits. */
const digits = 3;

export function searchParameters(
  model: WhatIfModel,
  {
    objective,
    metrics,
    budgetDollarsPerHour,
  }: {
    readonly objective: Objective;
    readonly metrics: readonly Metric[];
    /** Dollars per hour that the change may cost. */
    readonly budgetDollarsPerHour: number;
  },
): SearchResult {
  const tuned = model.instance.program.manifest.parameters.filter(({ min, max }) => max > min);
  const sign = objective.direction === 'decrease' ? -1 : 1;
  let tried = 0;
  const look = (direction: readonly number[], strength: number): Candidate => {
    tried++;
    const parameters = valuesOf(tuned, direction, strength);
    return { parameters, whatIf: predict(model, parameters, metrics) };
  };
  const gain = ({ whatIf }: Candidate) => sign * (whatIf.changes[objective.metric]?.mean ?? 0);
  const keeps = ({ whatIf }: Candidate) => keepsGuardRails(whatIf, objective, model, budgetDollarsPerHour);

  const reaching: Candidate[] = [];
  const allowed: Candidate[] = [];
  for (const direction of directionsOf(tuned)) {
    const found = justReaching((strength) => look(direction, strength), { gain, amount: objective.amount });
    for (const candidate of found.seen) if (keeps(candidate)) allowed.push(candidate);
    if (found.reaching !== undefined && keeps(found.reaching)) reaching.push(found.reaching);
    if (tuned.length === 0) break;
  }
  return {
    chosen: leastBy(reaching, (candidate) => harmOf(candidate, objective, gain(candidate))),
    nearest: leastBy(allowed, (candidate) => Math.abs(objective.amount - gain(candidate))),
    tried,
  };
}

/** The weakest candidate along one direction that still reaches the amount, by regula falsi within a closing bracket. */
function justReaching(
  look: (strength: number) => Candidate,
  { gain, amount }: { gain: (candidate: Candidate) => number; amount: number },
): { readonly reaching: Candidate | undefined; readonly seen: readonly Candidate[] } {
  const strongest = look(1);
  const seen = [strongest];
  if (gain(strongest) < amount) return { reaching: undefined, seen };
  let reaching = strongest;
  let low = { strength: 0, gain: 0 };
  let high = { strength: 1, gain: gain(strongest) };
  for (let step = 0; step < stepsMax && gain(reaching) - amount > closeEnough; step++) {
    const share = (amount - low.gain) / Math.max(1e-9, high.gain - low.gain);
    const strength = low.strength + (high.strength - low.strength) * Math.min(0.95, Math.max(0.05, share));
    const candidate = look(strength);
    seen.push(candidate);
    const own = gain(candidate);
    if (own >= amount) {
      reaching = candidate;
      high = { strength, gain: own };
    } else {
      low = { strength, gain: own };
    }
  }
  return { reaching, seen };
}

/** What is not wanted of a candidate: latency, uncertainty about the target, and more than was asked for. */
function harmOf({ whatIf }: Candidate, objective: Objective, gain: number): number {
  const target = whatIf.changes[objective.metric];
  const latency = Math.max(0, whatIf.changes.latency?.mean ?? 0);
  const width = target === undefined ? 0 : target.high - target.low;
  return latency + width / 2 + 2 * Math.max(0, gain - objective.amount);
}

function keepsGuardRails(
  whatIf: WhatIf,
  objective: Objective,
  { table }: WhatIfModel,
  budgetDollarsPerHour: number,
): boolean {
  const latency = whatIf.changes.latency?.mean ?? 0;
  if (objective.metric !== 'latency' && latency > objective.latencyRiseMax) return false;
  const cost = table.columns.cost;
  if (objective.metric === 'cost' || cost === undefined) return true;
  let before = 0;
  for (let row = 0; row < table.rows; row++) before += cost[row] ?? 0;
  return before * (whatIf.changes.cost?.mean ?? 0) <= budgetDollarsPerHour;
}

/** Each parameter from its gentle end (0) to its strong end (1): strength scales the direction. */
function valuesOf(
  tuned: readonly ManifestParameter[],
  direction: readonly number[],
  strength: number,
): Record<string, number> {
  return Object.fromEntries(
    tuned.map(({ name, min, max }, at) => {
      const value = min + (max - min) * strength * (direction[at] ?? 1);
      return [name, Math.min(max, Math.max(min, Number(value.toPrecision(digits))))];
    }),
  );
}

/** The defaults' direction, all at full strength, each alone, then Halton points pushed to the edge of the cube. */
function directionsOf(tuned: readonly ManifestParameter[]): number[][] {
  const defaults = tuned.map(({ default: standard, min, max }) => (standard - min) / (max - min));
  const all = tuned.map(() => 1);
  const alone = tuned.map((_, one) => tuned.map((__, at) => (at === one ? 1 : 0)));
  const halton = Array.from({ length: directionsMax }, (_, index) =>
    tuned.map((__, at) => radicalInverse(index + 1, primes[at % primes.length] ?? 2)),
  );
  return [defaults, all, ...(tuned.length > 1 ? [...alone, ...halton] : [])].map(toEdge);
}

function toEdge(point: readonly number[]): number[] {
  const largest = Math.max(...point, 1e-9);
  return point.map((value) => value / largest);
}

const primes = [2, 3, 5, 7, 11, 13, 17, 19];

/** Van der Corput's sequence in the given base (Halton 1960). */
function radicalInverse(index: number, base: number): number {
  let result = 0;
  let fraction = 1 / base;
  for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
    result += (rest % base) * fraction;
    fraction /= base;
  }
  return result;
}

function leastBy<T>(values: readonly T[], key: (value: T) => number): T | undefined {
  let best: T | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const own = key(value);
    if (own < least) {
      least = own;
      best = value;
    }
  }
  return best;
}
