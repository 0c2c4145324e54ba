/**
 * How an instruction is to be rolled out: what came with it (its field `rollout`, which its signature covers) over what
 * the service does by itself.
 */
import { z } from 'zod';
import { messageOf } from '../errors.js';
import { parseGates } from '../injector/gates/tolerances.js';
import { parseBatchSizes, parseLimit, parseMaxFailures, requireCanary } from '../injector/plan/amount.js';
import { parseExclusion } from '../injector/plan/exclusion.js';
import type { RolloutWishes } from '../injector/plan/settings.js';
import { limits } from '../limits.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import { rolloutSettingsSchema } from '../nerve/messages/rollout-settings.js';

export interface ServiceSettings extends RolloutWishes {
  /** Absent: the instruction's own window. */
  readonly windowMs?: number | undefined;
}

const amount = (parse: (text: string, agents: number) => unknown) =>
  readable((text) => parse(text, limits.batchAgentsMax));

const hourMs = 3_600_000;

/** Of an instruction whose selector says whom it means. */
export const settingsWishSchema = z.strictObject({
  ...rolloutSettingsSchema.omit({ selector: true }).partial().shape,
  batch: amount(parseBatchSizes).optional(),
  canary: amount(requireCanary).optional(),
  maxFailures: amount(parseMaxFailures).optional(),
  limit: amount(parseLimit).optional(),
  gates: z
    .array(z.string().max(64))
    .max(8)
    .superRefine((gates, { addIssue }) => {
      const why = whyNot(() => parseGates(gates));
      if (why !== '') addIssue(why);
    })
    .optional(),
  exclude: z.array(readable(parseExclusion)).max(1_000).optional(),
  // As the flags of the same names are bounded.
  parallel: z.number().int().min(1).max(1_000).optional(),
  bakeMs: z.number().int().min(0).max(hourMs).optional(),
  pauseBetweenMs: z
    .number()
    .int()
    .min(0)
    .max(24 * hourMs)
    .optional(),
  acknowledgeWithinMs: z.number().int().min(100).max(hourMs).optional(),
  timeoutMs: z
    .number()
    .int()
    .min(100)
    .max(7 * 24 * hourMs)
    .optional(),
  windowMs: z.number().int().min(1_000).max(limits.deadlineMsMax).optional(),
});
export type SettingsWish = z.infer<typeof settingsWishSchema>;

/** Undefined when the instruction wishes something that cannot be. */
export function settingsOf(instruction: Instruction, defaults: ServiceSettings): ServiceSettings | undefined {
  const wish = settingsWishSchema.safeParse(instruction.rollout ?? {});
  return wish.success ? { ...defaults, ...wish.data } : undefined;
}

/** Numbers are taken as the text that they are. */
function readable(parse: (text: string) => unknown) {
  return z.union([z.string().max(4_000), z.number().transform(String)]).superRefine((text, { addIssue }) => {
    const why = whyNot(() => parse(text));
    if (why !== '') addIssue(why);
  });
}

/** Empty when nothing is wrong; without the flag that a field is called by on the command line. */
function whyNot(parse: () => unknown): string {
  try {
    parse();
    return '';
  } catch (thrown) {
    return messageOf(thrown)
      .replace(/^--[\w-]+:? /, '')
      .replace(/\.$/, '');
  }
}
