/**
 * How an instruction is to be rolled out: what came with it (its field `rollout`, which its signature covers) over what
 * the service does by itself.
 */
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { parseBatchSizes, parseMaxFailures } from '../injector/amount.js';
import { limits } from '../limits.js';
import type { Instruction } from '../nerve/messages/instruction.js';

export interface RolloutSettings {
  /** As typed: `10`, `5%`, `1,10,25%`. */
  readonly batch: string;
  readonly maxFailures: string;
  readonly bakeMs: number;
  /** Absent: the instruction's own window. */
  readonly windowMs?: number | undefined;
}

const amount = (parse: (text: string, agents: number) => unknown) =>
  z
    .union([z.string().max(200), z.number().transform(String)])
    .refine(isRead(parse), { error: ({ input }) => whyNot(parse, String(input)) });

export const settingsWishSchema = z.strictObject({
  batch: amount(parseBatchSizes).optional(),
  maxFailures: amount(parseMaxFailures).optional(),
  bakeMs: z.number().int().nonnegative().max(3_600_000).optional(),
  windowMs: z.number().int().min(1_000).max(limits.deadlineMsMax).optional(),
});
export type SettingsWish = z.infer<typeof settingsWishSchema>;

/** Undefined when the instruction wishes something that cannot be. */
export function settingsOf(instruction: Instruction, defaults: RolloutSettings): RolloutSettings | undefined {
  const wish = settingsWishSchema.safeParse(instruction.rollout ?? {});
  if (!wish.success) return undefined;
  const { batch, maxFailures, bakeMs, windowMs } = wish.data;
  return {
    batch: batch ?? defaults.batch,
    maxFailures: maxFailures ?? defaults.maxFailures,
    bakeMs: bakeMs ?? defaults.bakeMs,
    windowMs: windowMs ?? defaults.windowMs,
  };
}

function isRead(parse: (text: string, agents: number) => unknown): (text: string) => boolean {
  return (text) => whyNot(parse, text) === '';
}

function whyNot(parse: (text: string, agents: number) => unknown, text: string): string {
  try {
    parse(text, limits.batchAgentsMax);
    return '';
  } catch (thrown) {
    return messageOf(thrown);
  }
}
