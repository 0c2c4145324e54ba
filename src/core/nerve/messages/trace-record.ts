/**
 * Trace records, appended to `trace:<agent_id>`: one per load of a program, one per capture, and of ticks each one for 30 s after
 * go-live, then as many as the program asks for. How they are written there is `core/tracer`'s.
 */
import { z } from 'zod';
import { tickMetricsSchema } from './agent-record.js';
import { digestSchema, identifierSchema, timestampMsSchema } from './identifiers.js';
import { loadTimingsSchema } from './order.js';

export const loadTraceSchema = z.object({
  version: z.literal(1),
  kind: z.literal('load'),
  at: timestampMsSchema,
  instruction: identifierSchema,
  digest: digestSchema,
  outcome: z.enum(['done', 'refused', 'failed']),
  reason: z.string().max(1_000).optional(),
  timings: loadTimingsSchema,
  /** Resident bytes of the host process before and after. */
  processMemoryBefore: z.number(),
  processMemoryAfter: z.number(),
});

const countSchema = z.number().int().nonnegative();

/** Effects that were proposed and did not apply: how many, and the first of them, those of one reason together. */
export const unappliedEffectsSchema = z.object({
  /** By the task, or by the bounds of the action's argument. */
  refused: countSchema,
  /** They threw, took too long, or were answered with what cannot be true. */
  failed: countSchema,
  /** Beyond what the agent allows one task; each is counted when it is refused first. */
  overBudget: countSchema,
  /** Left for the next tick, which may put them off again. */
  putOff: countSchema,
  effects: z
    .array(
      z.object({
        action: z.string().max(128),
        /** The first that it befell. */
        task: z.union([z.string().max(1_000), z.number()]).optional(),
        kind: z.enum(['refused', 'failed', 'over-budget', 'put-off']),
        reason: z.string().max(1_000),
        count: countSchema,
      }),
    )
    .max(100),
});
export type UnappliedEffects = z.infer<typeof unappliedEffectsSchema>;

export const tickTraceSchema = z.object({
  version: z.literal(1),
  kind: z.literal('tick'),
  at: timestampMsSchema,
  digest: digestSchema.optional(),
  instruction: identifierSchema.optional(),
  /** How many ticks it covers, this one and those since the trace before; absent: one. Their counts are added up. */
  ticks: countSchema.optional(),
  /** Ticks that were to have a trace of their own, which could not be written; absent: none. */
  dropped: countSchema.optional(),
  /** As they were with this tick. */
  metrics: tickMetricsSchema,
  /** Effects applied since the trace before, by action name. */
  effects: z.record(z.string(), countSchema),
  /** Absent when all that were proposed applied. */
  unapplied: unappliedEffectsSchema.optional(),
  /** Instructions executed, upper bound derived from the bytes. */
  steps: z.number(),
  /** Milliseconds spent evaluating the program and applying its effects. */
  evaluateMs: z.number(),
  /** CPU share of the host process since its last tick, percent of one core. */
  processCpuPct: z.number(),
  processMemory: z.number(),
  error: z.string().max(1_000).optional(),
});

/** What an engine saw of a container from its going live on: for agents that do not say it themselves. */
export const captureTraceSchema = z.object({
  version: z.literal(1),
  kind: z.literal('capture'),
  at: timestampMsSchema,
  instruction: identifierSchema,
  digest: digestSchema,
  /** Its name. */
  container: z.string(),
  /** How the program got there. */
  route: z.string(),
  /** Milliseconds since it went live. */
  forMs: z.number().nonnegative(),
  /**
   * The last lines that it printed, as they came: whoever shows them takes control characters out. Absent, like the
   * figures below, where the engine did not tell them in time.
   */
  lines: z.array(z.string().max(1_000)).max(100).optional(),
  linesLeftOut: z.number().int().nonnegative().optional(),
  /** Percent of one core, in the mean. */
  cpuPct: z.number().nonnegative().optional(),
  /** Bytes. */
  memoryBefore: z.number().nonnegative().optional(),
  memoryAfter: z.number().nonnegative().optional(),
  networkReceived: z.number().nonnegative().optional(),
  networkSent: z.number().nonnegative().optional(),
  restarts: z.number().int().nonnegative(),
});

export const traceSchema = z.discriminatedUnion('kind', [
  loadTraceSchema,
  tickTraceSchema,
  captureTraceSchema,
]);
export type LoadTrace = z.infer<typeof loadTraceSchema>;
export type TickTrace = z.infer<typeof tickTraceSchema>;
export type CaptureTrace = z.infer<typeof captureTraceSchema>;
export type Trace = z.infer<typeof traceSchema>;
