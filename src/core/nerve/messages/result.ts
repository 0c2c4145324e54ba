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
  /** `task`: every task against its own past and a forecast from the hold-out; `agent`: totals of agents. Absent: `agent`. */
  by: z.enum(['task', 'agent']).optional(),
  /** Why there is no interval. */
  noInterval: z.string().optional(),
  /** Beside an estimate by task: the plain difference of totals, which assumes less and is wider. */
  plain: z
    .object({
      change: z.number(),
      interval: z.tuple([z.number(), z.number()]).nullable(),
      /** False when the estimate lies outside the plain difference's 99.9 % interval; null when that is not known. */
      agrees: z.boolean().nullable(),
    })
    .optional(),
});
export type EffectEstimate = z.infer<typeof effectEstimateSchema>;

/** Totals of one set of actions in one arm: what the governor learns from. */
export const groupTotalsSchema = z.object({
  arm: z.enum(['treated', 'held-out']),
  actions: z.number().int(),
  agents: z.number().int(),
  tasks: z.number().int(),
  arguments: z.record(z.string(), z.number()),
  /**
   * Metric -> sums before and in the window, and the variance of log(after/before) with agents as clusters (null: unknown).
   * `caused`, of treated groups: log(after / forecast without the program), with its variance.
   */
  metrics: z.record(
    z.string(),
    z.object({
      before: z.number(),
      after: z.number(),
      logVariance: z.number().nullable(),
      caused: z.object({ log: z.number(), variance: z.number() }).optional(),
    }),
  ),
});
export type GroupTotals = z.infer<typeof groupTotalsSchema>;

/** What one action caused on the tasks that got it, others that they got as well taken off. */
export const actionEffectSchema = z.object({
  code: z.number().int(),
  /** Its name, where it is known what agents call it. */
  action: z.string().optional(),
  /** Where agents differ in it by more than chance: those with this value of the label `class`. Absent: all of them. */
  class: z.string().optional(),
  metric: z.string(),
  agents: z.number().int(),
  tasks: z.number().int(),
  /** Mean argument. */
  argument: z.number().nullable(),
  /** Fraction of the metric's total on these tasks. */
  change: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});
export type ActionEffect = z.infer<typeof actionEffectSchema>;

/** Are the arms as large as they were drawn? What is lost in one arm only spoils the comparison. */
export const sampleRatioSchema = z.object({
  treated: z.object({ drawn: z.number().int(), reported: z.number().int() }),
  heldOut: z.object({ drawn: z.number().int(), reported: z.number().int() }),
  /** Of the table arm x reported, one degree of freedom; null where counts are small and Fisher's exact test stands for it. */
  chiSquared: z.number().nullable(),
  p: z.number(),
  /** Below this p the arms are not what was drawn. */
  threshold: z.number(),
  holds: z.boolean(),
  /** Tasks of go-live that are still there at the end; `holds` is false when the arms differ in it by more than 99.9 % of chance. */
  tasks: z.object({ treated: z.number(), heldOut: z.number(), holds: z.boolean().nullable() }).optional(),
});
export type SampleRatio = z.infer<typeof sampleRatioSchema>;

/** What agents of some kind have in common. */
export const commonTraitSchema = z.object({
  /** `label=value`, `host=…` or `workload=…`. */
  trait: z.string(),
  /** Of the kind, with the trait and in all; and the same of all agents. */
  among: z.number().int(),
  of: z.number().int(),
  amongAll: z.number().int(),
  ofAll: z.number().int(),
  /** One-sided exact test, multiplied by the number of traits looked at (Bonferroni). */
  p: z.number(),
});
export type CommonTrait = z.infer<typeof commonTraitSchema>;

export const analysisSchema = z.object({
  /** Agents that did not do all that was asked of them, or whose measurement is missing. */
  troubled: z.number().int(),
  /** Most frequent first. */
  reasons: z.array(
    z.object({
      code: z.string().optional(),
      /** As the first of them told it. */
      reason: z.string(),
      agents: z.number().int(),
      /** Some of them. */
      examples: z.array(identifierSchema),
    }),
  ),
  reasonsLeftOut: z.number().int(),
  /** Over-represented among the troubled agents, the surest first. */
  troubledShare: z.array(commonTraitSchema),
  /** Over-represented among the quarter of the treated agents that moved the objective's metric most, relative to its level. */
  bestShare: z.array(commonTraitSchema),
});
export type Analysis = z.infer<typeof analysisSchema>;

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
  /** Reduction of cost in percent that the program caused, and its 95 % interval; `metrics.cost` with the sign turned. */
  reductionPct: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  latencyChangePct: z.number().nullable(),
  /** Every metric's measured change. */
  metrics: z.record(z.string(), effectEstimateSchema),
  /** Absent in results of earlier versions, and where nobody was held out. */
  sampleRatio: sampleRatioSchema.optional(),
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
  /** Absent in results of earlier versions. */
  effects: z.array(actionEffectSchema).optional(),
  analysis: analysisSchema.optional(),
  leaderboard: leaderboardSchema,
  /** Agent id -> score shares that points are given for; the ledger is written from this. */
  contributions: z.record(z.string(), z.number()),
});
export type Result = z.infer<typeof resultSchema>;
