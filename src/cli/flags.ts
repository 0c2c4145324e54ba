/** Flags that several commands share, with one name, one unit and one way of reading them. */
import { Flags } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import { limits } from '../core/limits.js';
import { prioritySchema } from '../core/nerve/messages/instruction.js';

export const fleetFlags = {
  agents: Flags.string({
    description: 'Agents of the local fleet, when this command starts it. [default: 1159]',
    helpValue: '<count>',
    parse: async (text) =>
      String(wholeNumber(text, { flag: '--agents', min: 1, max: limits.localAgentsMax })),
  }),
  seed: Flags.string({
    description: 'Seed of the simulated workload.',
    default: '1',
    helpValue: '<number>',
    parse: async (text) => String(wholeNumber(text, { flag: '--seed', min: 0, max: 2 ** 31 })),
  }),
};

export const goalFlags = {
  selector: Flags.string({
    char: 'l',
    description: 'Only agents with these labels, such as class=web,region!=us-east.',
    default: '',
    helpValue: '<labels>',
  }),
  window: Flags.string({
    description: 'Execution window that is watched and measured.',
    default: `${limits.windowMs / 1000}s`,
    helpValue: '<duration>',
    parse: async (text) =>
      checkedDuration(text, { flag: '--window', minMs: 1_000, maxMs: limits.deadlineMsMax }),
  }),
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

export const rolloutFlags = {
  batch: Flags.string({
    description: 'Agents per batch: 10, 5% or 1,10,25%.',
    default: '10',
    helpValue: '<size>',
  }),
  'max-failures': Flags.string({
    description: 'Failed agents that are tolerated; one more stops the rollout.',
    default: '2%',
    helpValue: '<count|percent>',
  }),
  bake: Flags.string({
    description: 'How long the canary batch is watched before the others follow.',
    default: '1s',
    helpValue: '<duration>',
    parse: async (text) => checkedDuration(text, { flag: '--bake', minMs: 0, maxMs: 3_600_000 }),
  }),
};

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
    message: `${flag} "${text.slice(0, 40)}" is no duration between ${minMs} ms and ${maxMs / 1000} s.`,
    hint: `Write for example ${flag} 20s, ${flag} 500ms or ${flag} 2h.`,
  });
}

function wholeNumber(text: string, { flag, min, max }: { flag: string; min: number; max: number }): number {
  const value = /^\d{1,12}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
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
