/** Flags and arguments that several commands share, with one name, one unit and one way of reading them. */
import { Args, Flags } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import { parseSelector } from '../core/fleet/selector.js';
import { parseGoal } from '../core/governor/goal.js';
import { parseGates } from '../core/injector/gates/tolerances.js';
import {
  parseBatchSizes,
  parseLimit,
  parseMaxFailures,
  requireCanary,
} from '../core/injector/plan/amount.js';
import { parseExclusion } from '../core/injector/plan/exclusion.js';
import { limits } from '../core/limits.js';
import { prioritySchema } from '../core/nerve/messages/instruction.js';

const dayMs = 86_400_000;

/** Read by `understoodGoal`, after the parser has seen that nothing stands outside of the quotes. */
export const goalArg = Args.string({
  description: 'What to reach, in plain words, such as "reduce costs 15%".',
  required: true,
});

/** A goal that is not understood is told before anything is started for it. */
export function understoodGoal(text: string): string {
  parseGoal(text);
  return text;
}

export const fleetFlags = {
  agents: Flags.string({
    description: 'Agents of the local fleet, when this command starts it. [default: 1159]',
    helpValue: '<count>',
    parse: async (text) => wholeNumber(text, { flag: '--agents', min: 1, max: limits.localAgentsMax }),
  }),
  seed: Flags.string({
    description: 'Seed of the simulated workload.',
    default: '1',
    helpValue: '<number>',
    parse: async (text) => wholeNumber(text, { flag: '--seed', min: 0, max: 2 ** 31 }),
  }),
};

const selectorOptions = {
  char: 'l' as const,
  description: 'Only agents with these labels, such as class=web,region!=us-east.',
  helpValue: '<labels>',
  parse: async (text: string) => {
    parseSelector(text);
    return text;
  },
};

export const selectorFlag = Flags.string({ ...selectorOptions, default: '' });

/** Beside the instruction's own selector; both must match. */
export const narrowingFlag = Flags.string({
  ...selectorOptions,
  description: 'Of the agents that the instruction means, only those with these labels, such as class=web.',
});

export const goalFlags = {
  selector: selectorFlag,
  window: Flags.string({ ...windowOptions(), default: `${limits.windowMs / 1000}s` }),
  priority: Flags.option({
    description: 'Priority of the instruction.',
    options: prioritySchema.options,
    default: 'HIGH' as const,
  })(),
  'max-risk': Flags.string({
    description: 'A decision above this risk, from 0 to 1, is not sent.',
    default: '0.8',
    helpValue: '<number>',
    parse: async (text) => String(checkedShare(text, '--max-risk')),
  }),
};

/** Without defaults, because a rollout that is resumed keeps what it was begun with; `settings.ts` has them. */
export const rolloutFlags = {
  batch: amountFlag(parseBatchSizes, {
    description: 'Agents per batch: 10, 5% or 1,10,25%; the last size repeats. [default: 10]',
    helpValue: '<size>',
  }),
  parallel: countFlag('parallel', {
    description: 'Batches that are staged at the same time. [default: 1]',
    max: 1_000,
  }),
  canary: amountFlag(requireCanary, {
    description: 'Agents that go first and are watched; 0: none. [default: the first batch]',
  }),
  bake: durationFlag('bake', {
    description: 'How long the canary is watched before the others follow. [default: 1s]',
    maxMs: 3_600_000,
  }),
  gate: Flags.string({
    description:
      'Tolerated rise on changed agents against unchanged ones. May be given several times, also as errors=off. [default: errors=1%, latency=10% and cost=5% above what the decision predicts]',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: '<metric=percent>',
    parse: async (text) => {
      parseGates([text]);
      return text;
    },
  }),
  'max-failures': amountFlag(parseMaxFailures, {
    description: 'Failed agents that are tolerated; one more stops the rollout. [default: 2%]',
  }),
  'pause-between': durationFlag('pause-between', {
    description: 'Wait this long after each batch before the next is sent. [default: 0]',
    maxMs: dayMs,
  }),
  'ack-timeout': durationFlag('ack-timeout', {
    description: `Time that an agent has to answer an order. [default: ${limits.acknowledgeWithinMs / 1000}s]`,
    minMs: 100,
    maxMs: 3_600_000,
  }),
  timeout: durationFlag('timeout', {
    description:
      'From the first order until all are live; then it stops as a gate would stop it. [default: none]',
    minMs: 100,
    maxMs: 7 * dayMs,
  }),
  activate: Flags.option({
    description:
      'together: all go live when all have staged. rolling: each batch as soon as it has. [default: together]',
    options: ['together', 'rolling'] as const,
  })(),
  limit: amountFlag(parseLimit, {
    description: 'At most so many of the targets, chosen by chance, the same ones each time.',
    exclusive: ['top'],
  }),
  top: countFlag('top', {
    description: 'Only so many of the targets, the best performers first: by points, then by throughput.',
    max: 10_000_000,
  }),
  exclude: Flags.string({
    description: 'Agents that stay out of it: ids, or labels such as class=web. May be given several times.',
    helpValue: '<ids|labels>',
    multiple: true,
    multipleNonGreedy: true,
    parse: async (text) => {
      parseExclusion(text);
      return text;
    },
  }),
  'auto-rollback': Flags.boolean({
    description: 'Return every agent to what it had when a gate stops the rollout. [default: on]',
    allowNo: true,
  }),
};

/** A look ahead, and a plan that is kept. */
export const planFlags = {
  'dry-run': Flags.boolean({
    description:
      'Show what would be done to which agents, and why not to others. Nothing is sent, written or started.',
  }),
  'save-plan': Flags.string({
    description: 'Keep the plan in this file, for `inject --plan`.',
    helpValue: '<file>',
    dependsOn: ['dry-run'],
    exclusive: ['resume'],
  }),
};

/** Without one, the instruction's own window is used. */
export const windowFlag = Flags.string(windowOptions());

function windowOptions() {
  return {
    description: 'Execution window that is watched and measured.',
    helpValue: '<duration>',
    parse: async (text: string) =>
      checkedDuration(text, { flag: '--window', minMs: 1_000, maxMs: limits.deadlineMsMax }),
  };
}

/** A duration under any name; at most 30 days unless told otherwise. */
export function durationFlag(
  name: string,
  {
    minMs = 0,
    maxMs = limits.deadlineMsMax,
    ...options
  }: {
    readonly description: string;
    readonly exclusive?: string[];
    readonly minMs?: number;
    readonly maxMs?: number;
  },
) {
  return Flags.string({
    ...options,
    helpValue: '<duration>',
    parse: async (text) => checkedDuration(text, { flag: `--${name}`, minMs, maxMs }),
  });
}

/** A number of agents as it is typed; of how many it may be a percentage is known later. */
function amountFlag(
  check: (text: string, agents: number) => unknown,
  options: { readonly description: string; readonly helpValue?: string; readonly exclusive?: string[] },
) {
  return Flags.string({
    helpValue: '<count|percent>',
    ...options,
    parse: async (text) => {
      check(text, limits.batchAgentsMax);
      return text;
    },
  });
}

/** 0: any that is free. */
export function portFlag(standard: number) {
  return Flags.string({
    description: 'Port to listen on; 0 is any that is free.',
    default: String(standard),
    helpValue: '<number>',
    parse: async (text) => wholeNumber(text, { flag: '--port', min: 0, max: 65_535 }),
  });
}

export const strictFlag = Flags.boolean({
  description: 'Warnings count as errors.',
  aliases: ['warnings-as-errors'],
});

/** How many entries are shown. */
export function countFlag(
  name: string,
  options: {
    readonly description: string;
    readonly default?: string;
    readonly max?: number;
    readonly dependsOn?: string[];
  },
) {
  const { max = limits.streamEntriesMax, ...rest } = options;
  return Flags.string({
    ...rest,
    helpValue: '<count>',
    parse: async (text) => wholeNumber(text, { flag: `--${name}`, min: 1, max }),
  });
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `20s`, `2h`; 0 needs no unit. Milliseconds. */
export function durationMs(text: string): number {
  if (text === '0') return 0;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match === null ? Number.NaN : Math.round(Number(match[1]) * (unitsMs[match[2] ?? ''] ?? Number.NaN));
}

function checkedDuration(
  text: string,
  { flag, minMs, maxMs }: { flag: string; minMs: number; maxMs: number },
): string {
  const ms = durationMs(text.trim());
  if (ms >= minMs && ms <= maxMs) return text.trim();
  throw new DreamnetError({
    code: 'DN920',
    kind: 'bad-input',
    message: `${flag} "${text.slice(0, 40)}" is no duration between ${shortest(minMs)} and ${shortest(maxMs)}.`,
    hint: `Write for example ${exampleDurations(flag, { minMs, maxMs })}.`,
  });
}

/** Only what the flag would accept. */
function exampleDurations(flag: string, { minMs, maxMs }: { minMs: number; maxMs: number }): string {
  const fitting = ['500ms', '20s', '2m', '2h'].filter((text) => {
    const ms = durationMs(text);
    return ms >= minMs && ms <= maxMs;
  });
  return fitting
    .map((text) => `${flag} ${text}`)
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
}

/** As it can be written in a flag: 3600000 -> `1h`. */
function shortest(ms: number): string {
  if (ms === 0) return '0';
  const [unit, length] = Object.entries(unitsMs).findLast(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / length}${unit}`;
}

function wholeNumber(text: string, { flag, min, max }: { flag: string; min: number; max: number }): string {
  const value = /^\d{1,12}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return String(value);
  throw new DreamnetError({
    code: 'DN921',
    kind: 'bad-input',
    message: `${flag} "${text.slice(0, 40)}" is no whole number between ${min} and ${max}.`,
    hint: `Write for example ${flag} ${Math.max(min, 1)}.`,
  });
}

function checkedShare(text: string, flag: string): number {
  const value = /^(0|1|0?\.\d+|1\.0+)$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new DreamnetError({
    code: 'DN922',
    kind: 'bad-input',
    message: `${flag} "${text.slice(0, 40)}" is no number between 0 and 1.`,
    hint: `Write for example ${flag} 0.5.`,
  });
}
