/**
 * What every file of bench/ shares: one claim per figure, measured in this run against a goal, and the document that
 * `npm run -s bench -- NAME --json` prints (docs: DESIGN section 3). A file exports `bench(context)`; run.ts calls it.
 */
import { cpus, release, totalmem, type } from 'node:os';

export interface Claim {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value must be, such as `{ atMost: 1.2 }`; without one the figure is for orientation. */
  readonly goal?: Goal;
  /** The repetitions behind the value, in its unit: how far apart they were is printed beside it. */
  readonly samples?: readonly number[];
}

export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export interface BenchContext {
  /** Progress for a person, on stderr. */
  note(text: string): void;
}

/** What each file of bench/ exports as `bench`. */
export type Bench = (context: BenchContext) => Promise<readonly Claim[]>;

export interface Spread {
  readonly samples: number;
  readonly min: number;
  readonly max: number;
  /** Half of the samples lie between these two. */
  readonly p25: number;
  readonly p75: number;
}

export interface ClaimsDocument {
  readonly bench: string;
  readonly machine: Machine;
  readonly claims: readonly {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly goal: string | null;
    readonly holds: boolean | null;
    readonly spread: Spread | null;
  }[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
}

export function claimsDocument(bench: string, claims: readonly Claim[]): ClaimsDocument {
  return {
    bench,
    machine: describeMachine(),
    claims: claims.map(({ name, value, unit, goal, samples }) => ({
      name,
      value: rounded(value),
      unit,
      goal: goal === undefined ? null : goalText(goal),
      holds: goal === undefined ? null : holds(value, goal),
      spread: samples === undefined ? null : spreadOf(samples),
    })),
  };
}

/** The same for people: one line per claim, the goal and the spread beside the value. */
export function claimsText(document: ClaimsDocument): string {
  const { machine } = document;
  const gigabytes = (machine.memoryBytes / 1e9).toFixed(1);
  const lines = [
    `${document.bench} on ${machine.cores} × ${machine.cpu}, ${gigabytes} GB, ${machine.system}, node ${machine.node}`,
  ];
  const nameWidth = Math.max(...document.claims.map(({ name }) => name.length));
  for (const { name, value, unit, goal, holds: held, spread } of document.claims) {
    const verdict = held === null ? '    ' : held ? 'ok  ' : 'MISS';
    const wanted = goal === null ? '' : `  (goal ${goal})`;
    const range = spread === null ? '' : `  [${spread.min} to ${spread.max}, ${spread.samples} runs]`;
    lines.push(`  ${verdict} ${name.padEnd(nameWidth)}  ${value} ${unit}${wanted}${range}`);
  }
  return lines.join('\n');
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Linear between neighbours; throws for no samples, because a figure of nothing is a fault of the bench. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('a quantile of no samples');
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Runs every subject once per round, in turn, so that what slows the machine down for a while meets all of them.
 * The first rounds warm caches and are not counted. Returns the samples of each subject, in round order.
 */
export async function interleaved<Name extends string>(
  subjects: Readonly<Record<Name, () => Promise<number> | number>>,
  rounds: { readonly counted: number; readonly warmUp: number },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = -rounds.warmUp; round < rounds.counted; round++) {
    for (const name of names) {
      const sample = await subjects[name]();
      if (round >= 0) samples[name].push(sample);
    }
  }
  return samples;
}

/** The ratio of two series measured in turn: its value from the medians, its spread from round by round. */
export function ratioClaim(name: string, of: readonly number[], to: readonly number[], goal?: Goal): Claim {
  const samples = of.map((value, round) => value / (to[round] ?? Number.NaN));
  return {
    name,
    value: median(of) / median(to),
    unit: '×',
    samples,
    ...(goal === undefined ? {} : { goal }),
  };
}

function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || process.arch,
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.versions.node,
  };
}

function goalText(goal: Goal): string {
  return 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}

function holds(value: number, goal: Goal): boolean {
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

function spreadOf(samples: readonly number[]): Spread {
  return {
    samples: samples.length,
    min: rounded(Math.min(...samples)),
    max: rounded(Math.max(...samples)),
    p25: rounded(quantile(samples, 0.25)),
    p75: rounded(quantile(samples, 0.75)),
  };
}

/** Four significant digits: more would only be noise in a document. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
