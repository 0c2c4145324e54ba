/** `dreamnet/agent`: what a Node service needs to become an agent that programs can be injected into (docs/agents.md). */
export { DreamnetError } from '../../errors.js';
export type { Capabilities } from '../../language/capabilities.js';
export type { EffectBudget, TaskId } from '../workload.js';
export { createAgent } from './create-agent.js';
export { describeOffer } from './declared-offer.js';
export { type AgentConnection, type ConnectionOptions, openConnection } from './open-connection.js';
export type {
  AgentOptions,
  ArgumentCapability,
  Capability,
  EffectContext,
  Expectation,
  Field,
  Fields,
  FieldValue,
  NameField,
  Offer,
  PlainCapability,
  Quantity,
  QuantityField,
  Refusal,
  RunningAgent,
  RunningProgram,
  Task,
  TaskColumns,
  TaskSource,
  TasksRequest,
} from './options.js';
