/** Orders (injector to agents, signed) and acknowledgements (agents to injector, one per agent and order). */
import { z } from 'zod';
import { digestSchema, identifierSchema, timestampMsSchema } from './identifiers.js';

/**
 * stage: load and verify, stay on the old program. live: run it. observe: measure as held-out agent, run nothing new.
 * undo: return to the program and parameters held before.
 */
export const orderActionSchema = z.enum(['stage', 'live', 'observe', 'undo']);
export type OrderAction = z.infer<typeof orderActionSchema>;

export const orderSchema = z.object({
  version: z.literal(1),
  /** Prefix of the fleet that is meant, '' for none: agents of another one refuse it. Absent in earlier versions: any fleet. */
  fleet: z.string().max(1_000).optional(),
  /** Instruction id, which is also the rollout id. */
  instruction: identifierSchema,
  action: orderActionSchema,
  digest: digestSchema,
  parameters: z.record(z.string().max(128), z.number().finite()),
  targets: z.array(identifierSchema).min(1).max(10_000),
  /** Coordinator epoch: an agent refuses an order older than the newest it has seen. */
  epoch: z.number().int().positive(),
  /** After this time (ms) the order is refused. */
  expires: timestampMsSchema,
  /** Execution window in ms, counted by the agent from the moment it goes live. */
  windowMs: z.number().int().positive(),
});
export type Order = z.infer<typeof orderSchema>;

/** The order's exact JSON text with the signature over its UTF-8 bytes; nothing is re-serialised before checking. */
export const signedOrderSchema = z.object({
  order: z.string().max(1_048_576),
  keyId: z.string().max(128),
  /** Ed25519, base64. */
  signature: z.string().max(256),
});
export type SignedOrder = z.infer<typeof signedOrderSchema>;

const milliseconds = z.number().nonnegative().finite();

/** Load path of one agent, milliseconds per step; a step another agent of the process already did counts 0. */
export const loadTimingsSchema = z.object({
  fetchMs: milliseconds,
  digestMs: milliseconds,
  signatureMs: milliseconds,
  verifyMs: milliseconds,
  capabilitiesMs: milliseconds,
  instantiateMs: milliseconds,
  totalMs: milliseconds,
});
export type LoadTimings = z.infer<typeof loadTimingsSchema>;

export const acknowledgementSchema = z.object({
  agent: identifierSchema,
  host: identifierSchema,
  action: orderActionSchema,
  digest: digestSchema,
  epoch: z.number().int(),
  outcome: z.enum(['done', 'refused', 'failed']),
  /** Why not, with a stable code, when the outcome is not `done`. */
  code: z.string().max(16).optional(),
  reason: z.string().max(1_000).optional(),
  timings: loadTimingsSchema.optional(),
  /** How it was reached, where there are several ways, and why not by a faster one. */
  route: z.string().max(1_000).optional(),
  at: timestampMsSchema,
});
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;
