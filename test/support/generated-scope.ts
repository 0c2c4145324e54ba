/** What generated expressions are made of at a place of a program: quantities, names, fields, and what came before. */
import type { ExpressionModel } from './program-model.js';
import type { SeededRandom } from './seeded-random.js';

export const quantities = ['duration', 'bytes', 'bitrate', 'money', 'ratio', 'count'] as const;
export type GeneratedQuantity = (typeof quantities)[number];

export interface KnownName {
  readonly name: string;
  readonly holds: GeneratedQuantity | 'condition' | 'region';
}

export interface Scope {
  readonly random: SeededRandom;
  readonly names: readonly KnownName[];
  /** Undefined outside loops, where no field can be read. */
  readonly task: string | undefined;
  /** What the program has calculated so far, to calculate it again, or nearly. */
  readonly earlier: Earlier[];
}

export interface Earlier {
  readonly quantity: GeneratedQuantity;
  readonly expression: ExpressionModel;
  /** What its names stood for; elsewhere they may be something else. */
  readonly names: readonly KnownName[];
}

export const fields: Readonly<Record<GeneratedQuantity, readonly string[]>> = {
  duration: ['cpu_time', 'age'],
  bytes: ['memory'],
  bitrate: ['network'],
  money: ['cost'],
  ratio: ['share'],
  count: ['errors', 'constructor'],
};
