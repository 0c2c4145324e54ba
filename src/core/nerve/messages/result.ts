/** The result of one rollout: what was measured, agent by agent summarised, published once. */
import { z } from 'zod';
import { identifierSchema, timestampMsSchema } from './identifiers.js';

/** A measured relative change: treated against held-out agents, with its 95 % interval where one can be given. */
export const effectEstimateSchema = z.object({
  /** Fraction; negative is less than the hold-out. */
  change: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** `hold-out`: difference against the control; `before-after`: no agents were held out, nothing controls for drift. */
  method: z.enum(['hold-out', 'before-after']),
});
export type EffectEstimate = z.infer<typeof effectEstimateSchema>;

/** Totals of one set of actions in one arm: what the governor learns from. */
export const groupTotalsSchema = z.object({
  arm: z.enum(['treated', 'held-out']),
  actions: z.number().int(),
  agents: z.number().int(),
  tasks: z.number().int(),
  arguments: z.record(z.string(), z.number()),
  /** Metric -> sums before and in the window, and the variance of log(after/before) with agents as clusters (null: unknown). */
  metrics: z.record(
    z.string(),
    z.object({ before: z.number(), after: z.number(), logVariance: z.number().nullable() }),
  ),
});
export type GroupTotals = z.infer<typeof groupTotalsSchema>;

export const agentScoreSchema = z.object({ agent: identifierSchema, value: z.number() });

export const leaderboardSchema = z.object({
  /** Most runs completed per second in the window. */
  topPerformer: agentScoreSchema.nullable(),
  /** Largest share of cost saved in the window. */
  mostEfficient: agentScoreSchema.nullable(),
  /** Most effects applied. */
  hardestWorker: agentScoreSchema.nullable(),
  top: z.array(
    z.object({
      agent: identifierSchema,
      /** Null, like every figure of a result that may be null: the agents measure nothing that it could be made of. */
      throughput: z.number().nullable(),
      savingsPct: z.number().nullable(),
      effects: z.number(),
      points: z.number(),
    }),
  ),
});
export type Leaderboard = z.infer<typeof leaderboardSchema>;

export const executionSummarySchema = z.object({
  windowMs: z.number(),
  /** As the agents call their workloads, such as `simulated`; mixed fleets list all, joined by `+`. */
  workload: z.string(),
  agentsReporting: z.number().int(),
  /** Runs of tasks completed in the window, all agents of the rollout. */
  tasksProcessed: z.number().nullable(),
  tasks: z.number().int(),
  effectsApplied: z.number(),
  effectsRefused: z.number(),
  effectsByAction: z.record(z.string(), z.number()),
  /** Dollars per hour of the treated agents' tasks just before go-live, and on average in the window. */
  costBefore: z.number().nullable(),
  costAfter: z.number().nullable(),
  /** The same for the held-out agents; null when there are none. */
  holdOut: z
    .object({ agents: z.number().int(), costBefore: z.number().nullable(), costAfter: z.number().nullable() })
    .nullable(),
  /** Reduction of cost in percent against the hold-out, and its 95 % interval. */
  reductionPct: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  latencyChangePct: z.number().nullable(),
  /** Every metric's measured change. */
  metrics: z.record(z.string(), effectEstimateSchema),
  errors: z.number(),
  /** Completed / (completed + failed) in the window, as a fraction. */
  successRate: z.number().nullable(),
});
export type ExecutionSummary = z.infer<typeof executionSummarySchema>;

export const resultSchema = z.looseObject({
  /** Instruction id; a result is told apart by it, however often it is delivered. */
  id: identifierSchema,
  at: timestampMsSchema,
  decision: identifierSchema.optional(),
  goal: z.string().optional(),
  type: z.string(),
  digest: z.string(),
  parameters: z.record(z.string(), z.number()),
  state: z.string(),
  agents: z.number().int(),
  succeeded: z.number().int(),
  failed: z.number().int(),
  heldOut: z.number().int(),
  execution: executionSummarySchema,
  groups: z.array(groupTotalsSchema),
  leaderboard: leaderboardSchema,
  /** Agent id -> score shares that points are given for; the ledger is written from this. */
  contributions: z.record(z.string(), z.number()),
});
export type Result = z.infer<typeof resultSchema>;
