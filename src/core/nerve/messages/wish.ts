/** What an operator asks of a rollout that runs (field `wish` of its hash), and what became of it (`control` of its record). */
import { z } from 'zod';
import { timestampMsSchema } from './identifiers.js';

/**
 * pause: send nothing more until told otherwise. resume: go on after a pause. abort: send nothing more, leave agents as
 * they are, end. rollback: return every agent to what it had, end.
 */
export const wishActionSchema = z.enum(['pause', 'resume', 'abort', 'rollback']);
export type WishAction = z.infer<typeof wishActionSchema>;

const operatorSchema = z.string().min(1).max(200);
const reasonSchema = z.string().min(1).max(500);

export const wishSchema = z.object({
  /** Tells one wish from another; the coordinator names it in the field `answered`. */
  id: z.string().min(1).max(64),
  action: wishActionSchema,
  /** Who asked, such as `ana@ops-3`. */
  by: operatorSchema,
  reason: reasonSchema.optional(),
  at: timestampMsSchema,
});
export type Wish = z.infer<typeof wishSchema>;

/** The last wish that was obeyed, with the time at which the coordinator did so. */
export const controlSchema = z.object({
  /** Id of the wish. */
  wish: z.string().min(1).max(64),
  action: wishActionSchema,
  by: operatorSchema,
  reason: reasonSchema.optional(),
  at: timestampMsSchema,
});
export type Control = z.infer<typeof controlSchema>;
