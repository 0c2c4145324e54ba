/** The instruction: what the governor asks of the fleet, in the field names that the existing fleet already uses. */
import { z } from 'zod';
import { limits } from '../../limits.js';
import { digestSchema, identifierSchema, timestampMsSchema } from './identifiers.js';

const dollars = z.number().finite().nonnegative().max(1e12);

export const prioritySchema = z.enum(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']);

/** Unknown fields are kept at every level: other programs may rely on them. */
export const instructionSchema = z.looseObject({
  id: identifierSchema,
  type: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*(_v\d+)?$/, 'must be capitals with an optional _v<number>')
    .max(128),
  target_agents: z.number().int().min(1).max(10_000_000),
  context: z.looseObject({
    /** Dollars per hour of the whole target, when decided. */
    currentCosts: dollars,
    /** Dollars per hour to reach. */
    targetCosts: dollars,
    /** Execution window in milliseconds. */
    deadline: z.number().int().positive().max(limits.deadlineMsMax),
    /** Dollars the operation may cost. */
    budget: dollars,
    metrics: z.array(z.string().min(1).max(64)).max(64),
    /** Milliseconds of the window that are watched before the result is drawn; absent: the whole deadline. */
    window: z.number().int().positive().max(limits.deadlineMsMax).optional(),
  }),
  timestamp: timestampMsSchema,
  priority: prioritySchema,
  selector: z.string().max(1_000).optional(),
  program: z
    .looseObject({
      name: z.string().max(128).optional(),
      source: z.string().max(limits.messageBytesMax).optional(),
      /** Text of the capability file that the source is compiled for; absent: the reference fleet's. */
      capabilities: z.string().max(limits.messageBytesMax).optional(),
      digest: digestSchema.optional(),
      /** A signed program.bc, base64, where there is no source to compile. */
      bytes: z.string().max(limits.messageBytesMax).optional(),
      parameters: z.record(z.string().max(128), z.number().finite()).optional(),
    })
    .optional(),
  decision: identifierSchema.optional(),
  fingerprint: z.string().max(256).optional(),
  expires: timestampMsSchema.optional(),
  signature: z.string().max(1_024).optional(),
});

export type Instruction = z.infer<typeof instructionSchema>;
export type Priority = z.infer<typeof prioritySchema>;
