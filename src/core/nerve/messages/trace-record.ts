/** Trace records: one per load of a program, one per tick, one per capture, appended to `trace:<agent_id>`. */
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

export const tickTraceSchema = z.object({
  version: z.literal(1),
  kind: z.literal('tick'),
  at: timestampMsSchema,
  digest: digestSchema.optional(),
  instruction: identifierSchema.optional(),
  metrics: tickMetricsSchema,
  /** Effects applied in this tick by action name. */
  effects: z.record(z.string(), z.number()),
  /** Instructions executed in this tick, upper bound derived from the bytes. */
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
