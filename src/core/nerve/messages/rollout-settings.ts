/** How a rollout is to go, as its operator asked for it: kept in its record, so that whoever resumes it goes on the same way. */
import { z } from 'zod';

const milliseconds = z.number().int().nonnegative();

export const rolloutSettingsSchema = z.object({
  /** As typed: `10`, `5%`, `1,10,25%`. */
  batch: z.string().max(1_000),
  /** Batches that are staged at the same time. */
  parallel: z.number().int().positive(),
  /** Size of the canary as typed; absent: the first batch. */
  canary: z.string().max(64).optional(),
  bakeMs: milliseconds,
  /** As typed: `latency=10%`, `cost=off`; what is not named has its default. */
  gates: z.array(z.string().max(64)).max(8).default([]),
  /** As typed: `10`, `2%`. */
  maxFailures: z.string().max(64),
  pauseBetweenMs: milliseconds,
  acknowledgeWithinMs: milliseconds,
  /** From the first order until all are live. */
  timeoutMs: milliseconds.optional(),
  /** together: all but the hold-out go live when all have staged. rolling: each batch as soon as it has staged. */
  activate: z.enum(['together', 'rolling']),
  /** Narrows the instruction's own selector. */
  selector: z.string().max(4_000),
  /** Agent ids or selectors of agents that stay out of it. */
  exclude: z.array(z.string().max(4_000)).max(1_000),
  /** At most so many agents, as typed. */
  limit: z.string().max(64).optional(),
  /** Only so many, the best performers first. */
  top: z.number().int().positive().optional(),
  /** False: a gate stops it and leaves every agent as it is. */
  autoRollback: z.boolean(),
});
export type RolloutSettings = z.infer<typeof rolloutSettingsSchema>;
