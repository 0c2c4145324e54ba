/** The rollout as kept in `rollout:<id>`: one JSON field `record` for the whole, one field `agent:<id>` per agent. */
import { z } from 'zod';
import { limits } from '../../limits.js';
import { gateVerdictSchema } from './gate-verdict.js';
import { digestSchema, identifierSchema, timestampMsSchema } from './identifiers.js';
import { instructionSchema } from './instruction.js';
import { rolloutSettingsSchema } from './rollout-settings.js';
import { controlSchema } from './wish.js';

export const rolloutStateSchema = z.enum([
  'planned',
  'canary',
  'injecting',
  'live',
  'complete',
  'paused',
  'aborted',
  'rolled_back',
  'failed',
]);
export type RolloutState = z.infer<typeof rolloutStateSchema>;

export const agentOutcomeSchema = z.enum(['pending', 'staged', 'live', 'failed', 'skipped', 'rolled_back']);
export type AgentOutcome = z.infer<typeof agentOutcomeSchema>;

/** Field `agent:<id>` of the rollout hash, as JSON. */
export const rolloutAgentSchema = z.object({
  outcome: agentOutcomeSchema,
  batch: z.number().int().nonnegative(),
  heldOut: z.boolean(),
  /** It came while the rollout was under way: it got the program, and is no part of the comparison. */
  joined: z.literal(true).optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
  /** Milliseconds from order to acknowledgement, as the injector saw it. */
  acknowledgedMs: z.number().optional(),
  loadMs: z.number().optional(),
  /** How it was reached, where there are several ways. */
  route: z.string().optional(),
});
export type RolloutAgent = z.infer<typeof rolloutAgentSchema>;

/** Field `record` of the rollout hash, as JSON. */
export const rolloutRecordSchema = z.object({
  id: identifierSchema,
  instruction: instructionSchema,
  goal: z.string().optional(),
  state: rolloutStateSchema,
  /** Why it is paused, aborted, rolled back or failed. */
  reason: z.string().optional(),
  /** What an operator asked of it last, while it ran or after it. */
  control: controlSchema.optional(),
  epoch: z.number().int(),
  /** An injector service rolls it out: another one goes on with it when that one dies. */
  service: z.literal(true).optional(),
  /** Of a service: its signature over what it settled when it began, or took over. */
  seal: z.string().max(1_024).optional(),
  program: z.object({
    name: z.string(),
    digest: digestSchema,
    bytes: z.number().int(),
    /** Null: it came as bytes, without a source that this could be told from. */
    optimizationScore: z.number().nullable(),
    costPerTask: z.object({ min: z.number(), max: z.number() }),
    parameters: z.record(z.string(), z.number()),
  }),
  /** All targets, held-out ones included. */
  agents: z.number().int(),
  heldOut: z.number().int(),
  batches: z.number().int(),
  batchesDone: z.number().int(),
  /** Agents by outcome; the sum is `agents`. */
  counts: z.record(agentOutcomeSchema, z.number().int()),
  maxFailures: z.number().int(),
  windowMs: z.number().int(),
  /** How it was asked to go; absent in records of earlier versions. */
  options: rolloutSettingsSchema.optional(),
  plannedAt: timestampMsSchema,
  startedAt: timestampMsSchema.optional(),
  /** When the canary had run for its bake time and was judged good; a rollout resumed without it watches a canary first. */
  canaryPassedAt: timestampMsSchema.optional(),
  /** What the gates found, oldest first: of batches that passed, only the newest of each gate. */
  gates: z.array(gateVerdictSchema).max(limits.gateVerdictsKeptMax).optional(),
  /** When the last batch had acknowledged. */
  stagedAt: timestampMsSchema.optional(),
  liveAt: timestampMsSchema.optional(),
  finishedAt: timestampMsSchema.optional(),
  /** Time spent injecting so far (orders to last acknowledgement) by all coordinators, without bake time. */
  injectMs: z.number().optional(),
});
export type RolloutRecord = z.infer<typeof rolloutRecordSchema>;
