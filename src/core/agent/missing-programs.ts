/** Orders of a journal as they are put back in force, or not, in; how many agents miss what they held, and why, out. */
import type { Order } from '../nerve/messages/order.js';
import type { Agent } from './agent.js';

export interface MissingProgram {
  readonly code: string;
  readonly reason: string;
  readonly agents: number;
}

export interface Refusal {
  readonly code: string;
  readonly reason: string;
}

export interface MissingPrograms {
  /** In the order of the journal; without a refusal, the order is in force. */
  add(agent: Agent, order: Order, refusal: Refusal | undefined): void;
  /** One entry per reason. */
  counted(): readonly MissingProgram[];
}

/** A program that was followed by another, or undone, is missed by nobody. */
export function createMissingPrograms(): MissingPrograms {
  const missing = new Map<Agent, Refusal & { readonly instruction: string }>();
  return {
    add(agent, { action, instruction }, refusal) {
      if (action === 'undo') {
        if (missing.get(agent)?.instruction === instruction) missing.delete(agent);
      } else if (refusal !== undefined) missing.set(agent, { ...refusal, instruction });
      else if (action === 'live') missing.delete(agent);
    },
    counted() {
      const groups = Map.groupBy(missing.values(), ({ code, reason }) => `${code} ${reason}`);
      return [...groups.values()].flatMap(([first, ...others]) =>
        first === undefined ? [] : { code: first.code, reason: first.reason, agents: 1 + others.length },
      );
    },
  };
}
