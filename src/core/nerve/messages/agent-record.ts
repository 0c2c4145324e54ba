/** What an agent writes of itself into `agent:<id>`: who it is, what it runs, its last tick and its window report. */
import { z } from 'zod';
import { taskRowsSchema } from '../task-rows.js';
import { digestSchema, identifierSchema, timestampMsSchema } from './identifiers.js';

/** The metrics of one tick, for the tasks of one agent; sums are over its tasks. What its tasks do not have is absent, never 0. */
export const tickMetricsSchema = z.object({
  at: timestampMsSchema,
  tasks: z.number().int().nonnegative(),
  /** Dollars per hour, all tasks. */
  cost: z.number().finite().optional(),
  /** Mean seconds of a run over the tasks. */
  latency: z.number().finite().optional(),
  /** Runs completed per second, all tasks. */
  throughput: z.number().finite().optional(),
  /** Bytes, all tasks. */
  memory: z.number().finite().optional(),
  /** CPU seconds in the last minute, all tasks. */
  cpuTime: z.number().finite().optional(),
  /** Runs completed and failed since the agent started. */
  completed: z.number().nonnegative().optional(),
  failed: z.number().nonnegative().optional(),
  /** Effects applied and refused since the agent started. */
  applied: z.number().nonnegative(),
  refused: z.number().nonnegative(),
});
export type TickMetrics = z.infer<typeof tickMetricsSchema>;

/** Sums over the tasks that received (or, held out, would have received) exactly the same set of actions. */
export const effectGroupSchema = z.object({
  /** Bit set of action codes: bit (code - 1). 0: not touched. */
  actions: z.number().int().nonnegative(),
  tasks: z.number().int().nonnegative(),
  /** Mean argument by action code, for the actions in the set. */
  arguments: z.record(z.string(), z.number()),
  /** Metric -> [sum before go-live, sum of the means over the window], in base units; the same tasks in both. */
  sums: z.record(z.string(), z.tuple([z.number(), z.number()])),
});
export type EffectGroup = z.infer<typeof effectGroupSchema>;

/** Of the reports that agents write now; those without a version have groups only, and are read as well. */
export const windowReportVersion = 2;

/** What one agent saw from go-live to now: treated agents ran the program, held-out agents only shadow-ran it. */
export const windowReportSchema = z.object({
  version: z.literal(windowReportVersion).optional(),
  instruction: identifierSchema,
  arm: z.enum(['treated', 'held-out']),
  since: timestampMsSchema,
  at: timestampMsSchema,
  ticks: z.number().int().nonnegative(),
  /** Runs of its tasks; absent where they have none that can be counted. */
  completed: z.number().nonnegative().optional(),
  failed: z.number().nonnegative().optional(),
  applied: z.number().nonnegative(),
  refused: z.number().nonnegative(),
  /** Effects applied by action name. */
  effects: z.record(z.string(), z.number()),
  /** Instructions of program.bc executed, derived from the cost bound and the rows evaluated. */
  steps: z.number().nonnegative(),
  /** Tasks there at go-live; those of the groups are still there. */
  followed: z.number().int().nonnegative().optional(),
  groups: z.array(effectGroupSchema).max(4_096),
  /** The same tasks one by one, as far as there is room. */
  rows: taskRowsSchema.optional(),
  /** Effects or ticks that went wrong, with the last message. */
  errors: z.number().nonnegative(),
  lastError: z.string().max(1_000).optional(),
});
export type WindowReport = z.infer<typeof windowReportSchema>;

export const agentStatusSchema = z.enum(['idle', 'staged', 'live', 'observing', 'failed', 'stopped']);
export type AgentStatus = z.infer<typeof agentStatusSchema>;

/**
 * How the injector reaches an agent. bus: its host reads orders from Redis. volume: files in a directory shared with it.
 * docker: a container that a Docker engine runs.
 */
export const transportNameSchema = z.enum(['bus', 'volume', 'docker']);
export type TransportName = z.infer<typeof transportNameSchema>;

/** The workload of an agent that is reached from outside and says nothing of its tasks: it reports no measurements. */
export const externalWorkload = 'external';

export const agentRecordSchema = z.object({
  id: identifierSchema,
  host: identifierSchema,
  /** Absent: the bus. */
  transport: transportNameSchema.optional(),
  labels: z.record(z.string(), z.string()),
  workload: z.string().max(64),
  /** Names of the actions it offers to programs. */
  capabilities: z.array(z.string().max(128)),
  /** Digest of what it offers in full (`offer:<digest>`); absent, or no digest: it publishes nothing. */
  offer: digestSchema.optional().catch(undefined),
  status: agentStatusSchema,
  /** Program it runs now, and the one it holds ready. */
  live: digestSchema.optional(),
  staged: digestSchema.optional(),
  /** Instruction of the live program. */
  instruction: identifierSchema.optional(),
  /** Instructions whose programs it still holds and can return to, the newest last. */
  former: z.array(identifierSchema).readonly().optional(),
  metrics: tickMetricsSchema.optional(),
  window: windowReportSchema.optional(),
  /** Why there is no `window` although the agent wrote one; never written. */
  unreadableWindow: z.enum(['damaged', 'other version']).optional(),
  startedAt: timestampMsSchema,
});
export type AgentRecord = z.infer<typeof agentRecordSchema>;
