/**
 * What somebody who may asks this service for in, an instruction that waits on the nerve out: checked as far as that can
 * be done without agents, signed by this home, durable before it is accepted. Whichever service is next rolls it out.
 */
import { DreamnetError } from '../errors.js';
import { noAgents } from '../fleet/no-agents.js';
import { selectAgents } from '../fleet/registry.js';
import { alreadyRolledOut } from '../injector/course/rollout-refusals.js';
import { findInstruction } from '../injector/intake.js';
import { prepareProgram } from '../injector/prepare-program.js';
import { requireUnchanged } from '../instruction-signature.js';
import { requireFresh } from '../loop-refusals.js';
import type { Instruction } from '../nerve/messages/instruction.js';
import { readRollout } from '../nerve/rollout-records.js';
import { appendMessage } from '../nerve/streams.js';
import { type Acceptance, vouchedFor, whyRefused } from './accept.js';
import type { SettingsWish } from './settings.js';
import { instructionsWaiting } from './take-in-turn.js';

export interface Submission {
  readonly instruction: Instruction;
  readonly settings: SettingsWish;
}

export interface Submitted {
  readonly instruction: Instruction;
  /** Instructions that go first. */
  readonly ahead: number;
}

/** For what does not say it itself: an instruction that nobody took up for this long no longer fits the fleet. */
const lifeMs = 900_000;

/** Throws DN504, DN508, DN512, DN52x, DN700 and DN702. */
export async function submitInstruction(
  acceptance: Acceptance,
  { instruction, settings }: Submission,
): Promise<Submitted> {
  const { context } = acceptance;
  const { redis, names, key, keyring, clock } = context;
  requireFresh(instruction, clock());
  requireUnchanged(instruction, keyring?.().trust);
  const earlier = await readRollout(redis, names, instruction.id);
  if (earlier !== undefined) throw alreadyRolledOut(earlier);
  const waiting = await instructionsWaiting(redis, names);
  if (waiting.some(({ id, rollout }) => id === instruction.id && rollout !== undefined))
    throw waitsAlready(instruction.id);
  const selector = instruction.selector ?? '';
  const targets = await selectAgents(redis, names, { selector, nowMs: clock() });
  if (targets.length === 0) throw noAgents(selector);
  await prepareProgram(redis, names, { instruction, key, keyring: keyring?.() });
  const signed = vouchedFor(acceptance, {
    ...instruction,
    expires: instruction.expires ?? clock() + lifeMs,
    rollout: settings,
  });
  await appendMessage(redis, names.instructions, signed);
  return { instruction: signed, ahead: waiting.filter(({ id }) => id !== instruction.id).length };
}

/** One that is on the nerve already; throws DN505 when it is not, DN701 when nobody vouches for it. */
export async function instructionOnNerve(acceptance: Acceptance, id: string): Promise<Instruction> {
  const { redis, names } = acceptance.context;
  const found = await findInstruction(redis, names, id);
  const refusal = whyRefused(acceptance, found);
  if (refusal === undefined) {
    // What it was to be rolled out with before is told anew; without that, its signature is void.
    const { rollout: _settings, signature, ...instruction } = found;
    return found.rollout === undefined && signature !== undefined
      ? { ...instruction, signature }
      : instruction;
  }
  throw new DreamnetError({
    code: 'DN701',
    kind: 'failed',
    message: `Instruction ${found.id} is not rolled out by its id: ${refusal}.`,
    hint: 'Look at what it says, then send the whole document.',
  });
}

function waitsAlready(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN702',
    kind: 'failed',
    message: `Instruction ${id} waits already.`,
    hint: 'It is rolled out when it is its turn; GET /rollouts shows what goes before it.',
  });
}
