/**
 * The governor's memory: one Redis hash in, effect sizes and versions out, and back in one write. An effect size is the
 * change of a metric's logarithm per unit of an action's argument, as a normal distribution; until something was
 * measured it is the prior of the capability file.
 */
import { z } from 'zod';
import { type Capabilities, referenceFleet } from '../language/capabilities.js';
import type { Names } from '../nerve/names.js';
import { parseRecord } from '../nerve/records.js';
import type { Redis } from '../nerve/redis.js';
import { expectedSizes } from './expected-sizes.js';

export interface EffectSize {
  readonly action: string;
  /** Number of the action in effect records. */
  readonly code: number;
  readonly metric: string;
  readonly mean: number;
  /** Standard deviation. */
  readonly sd: number;
  /** Results it rests on; 0 is the prior. */
  readonly results: number;
}

export interface GovernorMemory {
  readonly effectSizes: readonly EffectSize[];
  /** Instruction family -> number of the next version. */
  readonly versions: ReadonlyMap<string, number>;
}

const storedSizeSchema = z.object({
  mean: z.number(),
  sd: z.number().positive(),
  results: z.number().int().nonnegative(),
});

/** Damaged or missing entries fall back to the prior. */
export async function readMemory(
  redis: Redis,
  names: Names,
  capabilities: Capabilities,
): Promise<GovernorMemory> {
  const fields = await redis.hgetall(names.governorMemory);
  const effectSizes = expectedSizes(capabilities).map((expected) => {
    const stored = parseRecord(fields[sizeField(expected, capabilities)], storedSizeSchema);
    return { ...expected, ...stored };
  });
  const versions = new Map(
    Object.entries(fields)
      .filter(([field, value]) => field.startsWith(versionPrefix) && /^\d+$/.test(value))
      .map(([field, value]) => [field.slice(versionPrefix.length), Number(value)]),
  );
  return { effectSizes, versions };
}

export async function hasLearnedFrom(redis: Redis, names: Names, resultId: string): Promise<boolean> {
  return (await redis.hexists(names.governorMemory, learnedField(resultId))) === 1;
}

/** Sizes, version and the mark that this result is taken in, in one command: all of it or nothing. */
export async function writeLearned(
  redis: Redis,
  names: Names,
  learned: {
    readonly resultId: string;
    readonly family: string;
    readonly nextVersion: number;
    readonly sizes: readonly EffectSize[];
    /** Of the agents that it was learned from. */
    readonly capabilities: Capabilities;
  },
): Promise<void> {
  const fields: Record<string, string> = {
    [learnedField(learned.resultId)]: '1',
    [`${versionPrefix}${learned.family}`]: String(learned.nextVersion),
  };
  for (const size of learned.sizes) {
    const { mean, sd, results } = size;
    fields[sizeField(size, learned.capabilities)] = JSON.stringify({ mean, sd, results });
  }
  await redis.hset(names.governorMemory, fields);
}

const versionPrefix = 'version|';

/** An action of the same name may do something else to other tasks: only the reference fleet's go without a name. */
function sizeField(
  { action, metric }: Pick<EffectSize, 'action' | 'metric'>,
  { name }: Capabilities,
): string {
  const fleet = name === referenceFleet.name ? '' : `${name}|`;
  return `size|${fleet}${action}|${metric}`;
}

function learnedField(resultId: string): string {
  return `learned|${resultId}`;
}
