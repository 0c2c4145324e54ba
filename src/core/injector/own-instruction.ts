/**
 * A program of the operator's own in, the instruction that rolls it out: one that no governor decided, without a target
 * for any metric. It is not broadcast: whoever makes it rolls it out.
 */
import { signInstruction } from '../instruction-signature.js';
import type { Capabilities } from '../language/capabilities.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import { publishedOffer } from '../offers/published-offer.js';
import type { SigningKey } from './course/send-orders.js';

export interface OwnProgram {
  readonly name: string;
  /** One of the two: source, which is compiled and signed here, or a signed program.bc as it is. */
  readonly source?: string;
  readonly bytes?: Uint8Array;
  /** What the source is compiled for; absent: the reference fleet's. */
  readonly capabilities?: Capabilities;
  /** In base units; the others have their defaults. */
  readonly parameters: Readonly<Record<string, number>>;
}

export interface OwnInstruction {
  readonly program: OwnProgram;
  /** Living agents that it means, for the record. */
  readonly agents: number;
  readonly windowMs: number;
  readonly key: SigningKey;
  readonly nowMs: number;
  /** Yields numbers in [0, 1). */
  readonly random: () => number;
}

export function ownInstruction({
  program: { name, source, bytes, capabilities, parameters },
  agents,
  windowMs,
  key,
  nowMs,
  random,
}: OwnInstruction): Instruction {
  const instruction: Instruction = {
    id: newIdentifier('instr', nowMs, random),
    type: typeOf(name),
    target_agents: Math.max(1, agents),
    context: { currentCosts: 0, targetCosts: 0, deadline: windowMs, budget: 0, metrics: [] },
    timestamp: nowMs,
    priority: 'MEDIUM',
    program: {
      name,
      parameters: { ...parameters },
      ...(source === undefined ? {} : { source }),
      ...(capabilities === undefined ? {} : { capabilities: publishedOffer(capabilities).text }),
      ...(bytes === undefined ? {} : { bytes: Buffer.from(bytes).toString('base64') }),
    },
  };
  return signInstruction(instruction, key.privateKey);
}

/** `trim_caches` → `TRIM_CACHES_v1`. */
function typeOf(name: string): string {
  const capitals = name
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, '_')
    .slice(0, 100);
  return `${/^[A-Z]/.test(capitals) ? capitals : `PROGRAM_${capitals}`}_v1`;
}
