/** What a gate of a rollout found at a look, with the numbers that it rests on. */
import { z } from 'zod';
import { timestampMsSchema } from './identifiers.js';

/** Compared between agents that run the new program and agents that do not. */
export const gateMetricSchema = z.enum(['errors', 'latency', 'cost']);
export type GateMetric = z.infer<typeof gateMetricSchema>;

/** acknowledgements: agents that did as they were told, in time. program: those that are live tick, without its errors. */
export const gateNameSchema = z.enum(['acknowledgements', 'program', ...gateMetricSchema.options]);

export const gateVerdictSchema = z.object({
  gate: gateNameSchema,
  verdict: z.enum(['passed', 'failed', 'inconclusive']),
  at: timestampMsSchema,
  /** After a batch, or at the end of the time that agents were watched. */
  stage: z.enum(['batch', 'bake']),
  /** 1 to the number of batches: the one after which it was. */
  batch: z.number().int().positive(),
  /** One sentence. */
  text: z.string().max(1_000),
  /** Agents that the finding rests on. */
  changed: z.number().int().nonnegative(),
  unchanged: z.number().int().nonnegative(),
  /** Errors: points of one (0.01 is one run in a hundred more). Latency and cost: share of what it was (0.1 is 10 % more). */
  estimate: z.number().optional(),
  /** Holds at all looks at once. */
  interval: z.tuple([z.number(), z.number()]).optional(),
  tolerance: z.number().optional(),
  /** Share of rollouts that this gate may stop without reason. */
  alpha: z.number().optional(),
  /** Looks so far, this one included. */
  looks: z.number().int().nonnegative().optional(),
  /** Who said after an inconclusive verdict that the rollout should go on, and when. */
  accepted: z.object({ by: z.string().max(200), at: timestampMsSchema }).optional(),
});
export type GateVerdict = z.infer<typeof gateVerdictSchema>;
