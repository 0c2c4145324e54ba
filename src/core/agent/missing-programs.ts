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

/**
 * What of an agent's earlier life is followed here is what it would hold: a program that was followed by another is missed
 * by nobody, until an undo returns to it.
 */
export function createMissingPrograms(): MissingPrograms {
  const held = new Map<Agent, Held>();
  const heldBy = (agent: Agent) => {
    const known = held.get(agent) ?? { live: [], staged: undefined };
    held.set(agent, known);
    return known;
  };
  return {
    add(agent, order, refusal) {
      follow(heldBy(agent), order.action, { instruction: order.instruction, refusal });
    },
    counted() {
      const refusals = [...held.values()].flatMap(
        ({ live, staged }) => live.at(-1)?.refusal ?? staged?.refusal ?? [],
      );
      const groups = Map.groupBy(refusals, ({ code, reason }) => `${code} ${reason}`);
      return [...groups.values()].flatMap(([first, ...others]) =>
        first === undefined ? [] : { code: first.code, reason: first.reason, agents: 1 + others.length },
      );
    },
  };
}

interface HeldInstruction {
  readonly instruction: string;
  /** Why it is not in force; undefined when it is. */
  readonly refusal: Refusal | undefined;
}

interface Held {
  /** The live one last, before it those that an undo returns to. */
  live: HeldInstruction[];
  staged: HeldInstruction | undefined;
}

function follow(held: Held, action: Order['action'], one: HeldInstruction): void {
  const without = held.live.filter(({ instruction }) => instruction !== one.instruction);
  switch (action) {
    case 'stage':
      held.staged = one;
      return;
    case 'observe':
      if (one.refusal !== undefined) held.staged = one;
      return;
    case 'live':
      held.live = [...without, one];
      if (held.staged?.instruction === one.instruction) held.staged = undefined;
      return;
    case 'undo':
      held.live = without;
      if (held.staged?.instruction === one.instruction) held.staged = undefined;
      return;
    default:
      action satisfies never;
  }
}
