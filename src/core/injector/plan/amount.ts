/** Amounts of agents as operators write them (`10`, `5%`, `1,10,25%`) -> numbers of agents, or a clear refusal. */
import { DreamnetError } from '../../errors.js';
import { limits } from '../../limits.js';

/** Sizes of successive batches; the last one repeats. Percentages are of `agents`, rounded up, at least 1. */
export function parseBatchSizes(text: string, agents: number): number[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.map((part) => {
    const size = parseAmount(part, agents, Math.ceil);
    if (size === undefined)
      throw badBatch(text, `"${part.slice(0, 40)}" is neither a whole number nor a percentage`);
    if (part.endsWith('%') && Number.parseFloat(part) > 100)
      throw badBatch(text, `${part.slice(0, 40)} is more than all agents`);
    if (size < 1 || Number.parseFloat(part) === 0) throw badBatch(text, 'a batch holds at least 1 agent');
    if (size > limits.batchAgentsMax) throw aboveBatchLimit(size, '--batch');
    return size;
  });
}

/** Failed agents that are tolerated: the rollout stops when one more fails. Percentages are rounded down. */
export function parseMaxFailures(text: string, agents: number): number {
  const tolerated = parseAmount(text, agents, Math.floor);
  if (tolerated === undefined || (text.trim().endsWith('%') && Number.parseFloat(text) > 100)) {
    throw new DreamnetError({
      code: 'DN502',
      kind: 'bad-input',
      message: `--max-failures "${text.slice(0, 40)}" is neither a whole number nor a percentage up to 100%.`,
      hint: 'Write --max-failures 10 or --max-failures 2%.',
    });
  }
  return tolerated;
}

/** Agents of the canary: 0 for none. Percentages are rounded up, so that only 0 means none. */
export function parseCanary(text: string, agents: number): number {
  const size = parseAmount(text, agents, Math.ceil);
  if (size === undefined || isAboveAll(text))
    throw notAnAmount('--canary', text, { example: '--canary 5, --canary 1% or --canary 0 for none' });
  if (size > limits.batchAgentsMax) throw aboveBatchLimit(size, '--canary');
  return size;
}

/** As typed for a rollout that is to begin: a canary of everybody, whatever the fleet, is none. Throws DN555. */
export function requireCanary(text: string, agents: number): void {
  parseCanary(text, agents);
  if (!text.trim().endsWith('%') || Number.parseFloat(text) < 100) return;
  throw new DreamnetError({
    code: 'DN555',
    kind: 'bad-input',
    message: `--canary ${text.trim()} is all agents: nobody would be left to wait for what it shows.`,
    hint: 'Write --canary 5, --canary 1% or --canary 0 for none.',
  });
}

/** At most so many agents: percentages are rounded down, and are at least 1. */
export function parseLimit(text: string, agents: number): number {
  const most = parseAmount(text, agents, Math.floor);
  if (most !== undefined && Number.parseFloat(text) === 0) throw nobodyWithin(text);
  if (most === undefined || isAboveAll(text))
    throw notAnAmount('--limit', text, { example: '--limit 50 or --limit 10%' });
  return Math.max(1, most);
}

function nobodyWithin(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN544',
    kind: 'bad-input',
    message: `--limit ${text.trim()} leaves no agent.`,
    hint: 'Write --limit 50 or --limit 10%, or leave it out for all of them.',
  });
}

function isAboveAll(text: string): boolean {
  return text.trim().endsWith('%') && Number.parseFloat(text) > 100;
}

function notAnAmount(flag: string, text: string, { example }: { readonly example: string }): DreamnetError {
  return new DreamnetError({
    code: 'DN544',
    kind: 'bad-input',
    message: `${flag} "${text.slice(0, 40)}" is no number of agents and no percentage of them.`,
    hint: `Write ${example}.`,
  });
}

function aboveBatchLimit(size: number, flag: string): DreamnetError {
  return new DreamnetError({
    code: 'DN503',
    kind: 'bad-input',
    message: `A batch of ${size} is above the limit of ${limits.batchAgentsMax}.`,
    hint: `Use a smaller ${flag}.`,
  });
}

function parseAmount(text: string, whole: number, round: (value: number) => number): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,4})?)(%?)$/.exec(text.trim());
  if (match === null) return undefined;
  const value = Number(match[1]);
  // In ten-thousandths of a percent, because 0.07 % of 10,000 are 7, and 10,000 * 0.07 / 100 is a little more.
  if (match[2] === '%') return round((whole * Math.round(value * 10_000)) / 1_000_000);
  return Number.isInteger(value) ? value : undefined;
}

function badBatch(text: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN501',
    kind: 'bad-input',
    message: `--batch "${text.slice(0, 40)}" does not work: ${why}.`,
    hint: 'Write --batch 10, --batch 5% or --batch 1,10,25%.',
  });
}
