/** The decision record: objective, what was chosen and why, what is expected of it, and how risky it is. */
import { z } from 'zod';
import { identifierSchema, timestampMsSchema } from './identifiers.js';
import { instructionSchema } from './instruction.js';

export const metricSchema = z.enum(['cost', 'latency', 'throughput', 'memory', 'cpu_time', 'errors']);
export type Metric = z.infer<typeof metricSchema>;

export const objectiveSchema = z.object({
  metric: metricSchema,
  direction: z.enum(['decrease', 'increase']),
  /** Fraction: 0.15 for 15 %. */
  amount: z.number(),
  deadlineMs: z.number().optional(),
  budgetDollars: z.number().optional(),
  /** Label selector of the agents meant; the empty string is all of them. */
  selector: z.string(),
  /** Largest tolerated relative rise of mean latency, as a fraction. */
  latencyRiseMax: z.number(),
});
export type Objective = z.infer<typeof objectiveSchema>;

/** Relative change as a fraction (-0.15 is 15 % less) with its 90 % interval. */
export const changeSchema = z.object({ mean: z.number(), low: z.number(), high: z.number() });
export type Change = z.infer<typeof changeSchema>;

export const predictionSchema = z.object({
  /** What the objective's metric is expected to do. */
  target: changeSchema,
  /** The same for every metric that the program is expected to move. */
  metrics: z.record(z.string(), changeSchema),
  /** Metric of the whole target before, in base units ($/h, s, B ...). */
  before: z.record(z.string(), z.number()),
  tasks: z.number().int(),
  tasksTouched: z.number().int(),
  effects: z.number().int(),
});
export type Prediction = z.infer<typeof predictionSchema>;

export const riskSchema = z.object({
  score: z.number().min(0).max(1),
  parts: z.record(z.string(), z.number()),
  threshold: z.number(),
});

export const decisionSchema = z.looseObject({
  id: identifierSchema,
  goal: z.string(),
  at: timestampMsSchema,
  objective: objectiveSchema,
  playbook: z.string(),
  parameters: z.record(z.string(), z.number()),
  prediction: predictionSchema,
  risk: riskSchema,
  reasoning: z.array(z.string()),
  state: z.object({
    agents: z.number().int(),
    tasks: z.number().int(),
    ageMs: z.number(),
    fingerprint: z.string(),
  }),
  candidates: z.number().int(),
  instruction: instructionSchema,
});
export type Decision = z.infer<typeof decisionSchema>;
