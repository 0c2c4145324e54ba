/**
 * A goal in plain words in, an objective out, by a small grammar: a verb, a metric and a percentage in any order, then
 * clauses (`within 1 hour`, `budget $500`, `without raising latency more than 5%`). What is not understood is an error
 * that says what was, and what can be asked; nothing is guessed.
 */
import { DreamnetError } from '../errors.js';
import { limits } from '../limits.js';
import type { Metric, Objective } from '../nerve/messages/decision.js';

type Direction = Objective['direction'];

interface Understood {
  direction?: Direction;
  metric?: Metric;
  amount?: number;
  deadlineMs?: number;
  budgetDollars?: number;
  latencyRiseMax?: number;
}

/** Tolerated rise of mean latency when the goal does not say: one part in ten. */
const latencyRiseDefault = 0.1;

const verbs: Readonly<Record<string, Direction>> = {
  reduce: 'decrease',
  cut: 'decrease',
  lower: 'decrease',
  decrease: 'decrease',
  shrink: 'decrease',
  save: 'decrease',
  free: 'decrease',
  release: 'decrease',
  increase: 'increase',
  raise: 'increase',
  grow: 'increase',
  boost: 'increase',
  scale: 'increase',
};

const metrics: Readonly<Record<string, Metric>> = {
  cost: 'cost',
  costs: 'cost',
  spend: 'cost',
  spending: 'cost',
  latency: 'latency',
  latencies: 'latency',
  throughput: 'throughput',
  memory: 'memory',
  ram: 'memory',
};

const fillers = new Set([
  'by',
  'the',
  'our',
  'total',
  'overall',
  'mean',
  'average',
  'up',
  'of',
  'and',
  'with',
  'a',
  'please',
  'fleet',
]);

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws DN401 to DN404 (bad input). */
export function parseGoal(text: string, { selector = '' }: { readonly selector?: string } = {}): Objective {
  requireReadable(text);
  const understood: Understood = {};
  const rest = takeClauses(text.toLowerCase().replace(/\s+/g, ' ').trim(), understood);
  const strange = takeWords(rest, understood);
  const { direction, metric, amount } = understood;
  if (strange.length > 0 || direction === undefined || metric === undefined || amount === undefined) {
    throw notUnderstood(text, understood, strange);
  }
  if (amount <= 0) throw badAmount(`${percent(amount)} is not above zero.`);
  if (direction === 'decrease' && amount >= 1)
    throw badAmount(`${metric} cannot fall by ${percent(amount)}.`);
  if (amount > 10) throw badAmount(`${percent(amount)} is beyond anything a program can do.`);
  return {
    metric,
    direction,
    amount,
    selector,
    latencyRiseMax: understood.latencyRiseMax ?? latencyRiseDefault,
    ...(understood.deadlineMs === undefined ? {} : { deadlineMs: understood.deadlineMs }),
    ...(understood.budgetDollars === undefined ? {} : { budgetDollars: understood.budgetDollars }),
  };
}

/** The objective in one line, as shown back before anything happens. */
export function describeObjective(objective: Objective): string {
  const { metric, direction, amount, deadlineMs, budgetDollars, latencyRiseMax, selector } = objective;
  const parts = [`${direction} ${metric} by ${percent(amount)}`];
  if (metric !== 'latency') parts.push(`latency at most +${percent(latencyRiseMax)}`);
  if (deadlineMs !== undefined) parts.push(`within ${Math.round(deadlineMs / 1000)} s`);
  if (budgetDollars !== undefined) parts.push(`budget $${budgetDollars}`);
  if (selector !== '') parts.push(`agents ${selector}`);
  return parts.join(', ');
}

function requireReadable(text: string): void {
  if (text.length > limits.goalCharactersMax) {
    throw new DreamnetError({
      code: 'DN403',
      kind: 'bad-input',
      message: `The goal has ${text.length} characters; at most ${limits.goalCharactersMax} are read.`,
      hint: 'State it in one sentence, for example "reduce costs 15%".',
    });
  }
  if (/[\p{Cc}\p{Cf}]/u.test(text.replace(/[\t\n]/g, ' '))) {
    throw new DreamnetError({
      code: 'DN402',
      kind: 'bad-input',
      message: 'The goal contains control characters.',
      hint: 'Type it in plain text, for example "reduce costs 15%".',
    });
  }
}

/** Takes the clauses that begin with a word of their own; what is left speaks of verb, metric and amount. */
function takeClauses(text: string, into: Understood): string {
  return text
    .replace(
      /\b(?:within|in) (?:the next )?(-?\d+(?:\.\d+)?|an?|one) ?(s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)\b/,
      (_, number, unit) => {
        const count = /^[ao]/.test(number) ? 1 : Number(number);
        into.deadlineMs = Math.round(count * (unitsMs[unit[0]] ?? Number.NaN));
        if (into.deadlineMs <= 0 || into.deadlineMs > limits.deadlineMsMax) {
          throw badAmount(`A deadline of ${number} ${unit} is outside 1 ms to 30 days.`);
        }
        return ' ';
      },
    )
    .replace(/\b(?:with )?(?:an? )?budget(?: of)? \$? ?(-?\d[\d,]*(?:\.\d+)?)\$?/, (_, dollars) => {
      into.budgetDollars = Number(dollars.replaceAll(',', ''));
      if (into.budgetDollars < 0) throw badAmount(`A budget of $${dollars} is below nothing.`);
      return ' ';
    })
    .replace(
      /\b(?:without (?:raising|increasing) latency (?:by )?(?:more than|over|above)|latency at most|keep latency (?:below|under|within)) \+?(\d+(?:\.\d+)?) ?(?:%|percent)/,
      (_, share) => {
        into.latencyRiseMax = Number(share) / 100;
        return ' ';
      },
    );
}

/** Reads the remaining words; those that fit nowhere, or contradict an earlier one, are returned. */
function takeWords(text: string, into: Understood): string[] {
  const strange: string[] = [];
  for (const word of text.match(/-?[\d.]+ ?(?:%|percent\b)|[^\s,;.!]+/g) ?? []) {
    const amount = /^(-?\d+(?:\.\d+)?) ?(?:%|percent)$/.exec(word);
    if (amount !== null) take('amount', Number(amount[1]) / 100, word);
    else if (verbs[word] !== undefined) take('direction', verbs[word], word);
    else if (metrics[word] !== undefined) take('metric', metrics[word], word);
    else if (!fillers.has(word)) strange.push(word);
  }
  return strange;

  function take<Key extends 'amount' | 'direction' | 'metric'>(
    key: Key,
    value: Understood[Key],
    word: string,
  ): void {
    if (into[key] !== undefined && into[key] !== value) strange.push(word);
    else into[key] = value;
  }
}

function notUnderstood(text: string, understood: Understood, strange: readonly string[]): DreamnetError {
  const { direction, metric, amount } = understood;
  const found = [
    direction === undefined ? undefined : direction,
    metric,
    amount === undefined ? undefined : percent(amount),
  ].filter((part) => part !== undefined);
  const missing = [
    direction === undefined ? 'what to do (reduce, cut, lower, free, increase, scale)' : undefined,
    metric === undefined ? 'of what (costs, latency, throughput, memory)' : undefined,
    amount === undefined ? 'by how much (15%)' : undefined,
  ].filter((part) => part !== undefined);
  const message = [
    text.trim() === '' ? 'The goal is empty.' : `The goal "${text.trim().slice(0, 120)}" is not understood.`,
    found.length > 0 ? `Understood: ${found.join(', ')}.` : '',
    missing.length > 0 ? `Missing: ${missing.join('; ')}.` : '',
    strange.length > 0 ? `Not understood: ${strange.slice(0, 8).join(' ')}.` : '',
  ];
  return new DreamnetError({
    code: 'DN401',
    kind: 'bad-input',
    message: message.filter((part) => part !== '').join(' '),
    hint: 'Ask for example "reduce costs 15%", "cut latency by 20% within 1 hour", "scale throughput by 25%" or "free 10% memory, budget $500".',
  });
}

function badAmount(message: string): DreamnetError {
  return new DreamnetError({
    code: 'DN404',
    kind: 'bad-input',
    message,
    hint: 'Ask for example "reduce costs 15%".',
  });
}

function percent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(2))}%`;
}
