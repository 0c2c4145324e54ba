/** What one agent is to run in, an instruction for that agent alone out. */
import { DreamnetError } from '../errors.js';
import { parseSelector } from '../fleet/selector.js';
import { requireUnchanged } from '../instruction-signature.js';
import { limits } from '../limits.js';
import type { LoopContext } from '../loop-context.js';
import { readAgentRecords } from '../nerve/agent-records.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Instruction } from '../nerve/messages/instruction.js';

/** An instruction's program and purpose, or a program alone. */
export type ForOneAgent =
  | { readonly instruction: Instruction }
  | { readonly program: Instruction['program'] };

/**
 * It has an id of its own, because the instruction that it was made from may be rolled out to the others, too; and no
 * decision, because one agent teaches the governor nothing about its fleet. Throws DN700, DN703 and DN704.
 */
export async function instructionForOneAgent(
  { redis, names, clock, random, keyring }: LoopContext,
  agent: string,
  what: ForOneAgent,
): Promise<Instruction> {
  if ('instruction' in what) requireUnchanged(what.instruction, keyring?.().trust);
  const [[record], heartbeat] = await Promise.all([
    readAgentRecords(redis, names, [agent]),
    redis.zscore(names.agents, agent),
  ]);
  if (record === undefined) throw noSuchAgent(agent);
  const nowMs = clock();
  if (heartbeat === null || nowMs - Number(heartbeat) >= limits.agentAliveMs) throw agentIsSilent(agent);
  const selector = `id=${agent}`;
  parseSelector(selector);
  const own = {
    id: newIdentifier('instr', nowMs, random),
    target_agents: 1,
    timestamp: nowMs,
    selector,
  };
  if ('instruction' in what) {
    const { decision: _of, fingerprint: _its, expires: _when, signature: _by, ...rest } = what.instruction;
    return { ...rest, ...own };
  }
  const cost = record.metrics?.cost ?? 0;
  return {
    ...own,
    type: 'DIRECT_INJECTION_v1',
    context: {
      currentCosts: cost,
      targetCosts: cost,
      deadline: limits.windowMs,
      budget: 0,
      metrics: ['cost', 'latency', 'memory', 'cpu'],
    },
    priority: 'HIGH',
    program: what.program,
  };
}

export function noSuchAgent(agent: string): DreamnetError {
  return new DreamnetError({
    code: 'DN703',
    kind: 'bad-input',
    message: `There is no agent ${agent.slice(0, 140)}.`,
    hint: 'See them with `dreamnet agents list`.',
  });
}

function agentIsSilent(agent: string): DreamnetError {
  return new DreamnetError({
    code: 'DN704',
    kind: 'failed',
    message: `Agent ${agent} has not been heard of for ${limits.agentAliveMs / 1000} s.`,
    hint: 'Start it again, or choose another one with `dreamnet agents list`.',
  });
}
