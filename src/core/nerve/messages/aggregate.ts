/** The orchestrator's aggregate of the whole fleet, its health, and the alerts it raises. */
import { z } from 'zod';
import { identifierSchema, timestampMsSchema } from './identifiers.js';

export const aggregateSchema = z.object({
  at: timestampMsSchema,
  agentsAlive: z.number().int(),
  agentsKnown: z.number().int(),
  /** Agents by what they run: program digest (or `none`) -> count. */
  programs: z.record(z.string(), z.number().int()),
  statuses: z.record(z.string(), z.number().int()),
  tasks: z.number().int(),
  /** Dollars per hour; null, as everything below, when no agent measures it. */
  cost: z.number().nullable(),
  /** Mean seconds over tasks. */
  latency: z.number().nullable(),
  /** Runs per second. */
  throughput: z.number().nullable(),
  memory: z.number().nullable(),
  cpuTime: z.number().nullable(),
  /** Totals since the agents started. */
  completed: z.number().nullable(),
  failed: z.number().nullable(),
  applied: z.number(),
  /** Completed / (completed + failed) since the previous aggregate; null when nothing ran. */
  successRate: z.number().nullable(),
  /** Agents whose last tick was too old to count. */
  stale: z.number().int(),
});
export type Aggregate = z.infer<typeof aggregateSchema>;

export const healthSchema = z.object({
  state: z.enum(['healthy', 'degraded', 'down']),
  reasons: z.array(z.string()),
  at: timestampMsSchema,
});
export type Health = z.infer<typeof healthSchema>;

export const alertSchema = z.looseObject({
  id: identifierSchema,
  at: timestampMsSchema,
  severity: z.enum(['info', 'warning', 'critical']),
  kind: z.string().max(64),
  message: z.string().max(2_000),
  instruction: identifierSchema.optional(),
});
export type Alert = z.infer<typeof alertSchema>;
