/** What `inject` was told in, the instruction to roll out now and what became of the others out. */
import { DreamnetError } from '../core/errors.js';
import { findInstruction, type Intake, peekAtNewest, waitForNewest } from '../core/injector/intake.js';
import type { LoopContext } from '../core/loop-context.js';
import { type InjectRequest, resumeRequest } from '../core/pipeline.js';
import { formatCount, formatDuration } from './format.js';

export interface InstructionQuestion {
  /** Instruction or decision; undefined: the newest that waits. */
  readonly id: string | undefined;
  /** A rollout to go on with instead. */
  readonly resume: string | undefined;
  /** How long to wait for an instruction when there is none. */
  readonly waitMs: number;
  /** The instruction that waits is looked at, and not taken. */
  readonly peek?: boolean;
}

export interface NextInstruction {
  readonly request: Pick<InjectRequest, 'instruction' | 'windowMs' | 'resume'>;
  readonly intake: Intake | undefined;
}

/** Throws DN507 when no instruction waits; whether it is too old the pipeline asks. */
export async function nextInstruction(
  context: LoopContext,
  { id, resume, waitMs, peek = false }: InstructionQuestion,
): Promise<NextInstruction> {
  if (resume !== undefined) return { request: await resumeRequest(context, resume), intake: undefined };
  const { redis, names, clock, signal } = context;
  if (id !== undefined) {
    return { request: { instruction: await findInstruction(redis, names, id) }, intake: undefined };
  }
  const intake = peek
    ? await peekAtNewest(redis, names, clock())
    : await waitForNewest(redis, names, { consumer: context.name, waitMs, clock, signal });
  for (const text of peek ? [] : intakeNotes(intake)) {
    context.report({ type: 'note', at: clock(), level: 'warning', text });
  }
  const { instruction } = intake;
  if (instruction === undefined) throw signal.aborted ? interrupted() : nothingWaits(intake, waitMs);
  return { request: { instruction }, intake };
}

function intakeNotes({ rejected, expired, superseded }: Intake): string[] {
  return [
    ...rejected.map(
      ({ streamId, reasons }) =>
        `message ${streamId} was rejected: ${reasons.join('; ')} (kept on swarm:instructions:rejected)`,
    ),
    ...expired.map((id) => `instruction ${id} had expired`),
    ...superseded.map((id) => `instruction ${id} is superseded by a newer one; roll it out with its id`),
  ];
}

function nothingWaits({ rejected, expired }: Intake, waitMs: number): DreamnetError {
  const waited = waitMs > 0 ? ` after ${formatDuration(waitMs)}` : '';
  const others = [
    rejected.length > 0 ? `${formatCount(rejected.length, 'message')} rejected` : '',
    expired.length > 0 ? `${expired.length} expired` : '',
  ].filter((part) => part !== '');
  return new DreamnetError({
    code: 'DN507',
    kind: 'bad-input',
    message: `No instruction waits to be injected${waited}${others.length > 0 ? ` (${others.join(', ')})` : ''}.`,
    hint: 'Make one with `dreamnet decide "reduce costs 15%"`, wait for one with --wait 1m, or name one that is older.',
  });
}

function interrupted(): DreamnetError {
  return new DreamnetError({
    code: 'DN509',
    kind: 'interrupted',
    message: 'Interrupted while waiting for an instruction; nothing was sent.',
    hint: 'Run `dreamnet inject` again.',
  });
}
