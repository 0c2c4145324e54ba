/** What `inject` was told in, the instruction to roll out now and what became of the others out. */
import { DreamnetError } from '../core/errors.js';
import { findRollout } from '../core/injector/control/find-rollout.js';
import { findInstruction, type Intake, peekAtNewest, waitForNewest } from '../core/injector/intake.js';
import { checkInstruction, type SignatureVerdict } from '../core/instruction-signature.js';
import type { LoopContext } from '../core/loop-context.js';
import type { Instruction } from '../core/nerve/messages/instruction.js';
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
  const { redis, names } = context;
  if (resume !== undefined) {
    const { id: meant } = await findRollout(redis, names, resume);
    return { request: await resumeRequest(context, meant), intake: undefined };
  }
  const { instruction, intake } =
    id === undefined
      ? await newestThatWaits(context, { waitMs, peek })
      : { instruction: await findInstruction(redis, names, id), intake: undefined };
  warnOfOrigin(context, instruction);
  return { request: { instruction }, intake };
}

async function newestThatWaits(
  context: LoopContext,
  { waitMs, peek }: { readonly waitMs: number; readonly peek: boolean },
): Promise<{ instruction: Instruction; intake: Intake }> {
  const { redis, names, clock, signal } = context;
  const judge = (instruction: Instruction) => {
    const verdict = verdictOn(context, instruction);
    return verdict?.state === 'wrong' ? `it ${verdict.reason}` : undefined;
  };
  const intake = peek
    ? await peekAtNewest(redis, names, { nowMs: clock(), judge })
    : await waitForNewest(redis, names, { consumer: context.name, waitMs, clock, signal, judge });
  for (const text of peek ? [] : intakeNotes(intake)) warn(context, text);
  const { instruction } = intake;
  if (instruction === undefined) throw signal.aborted ? interrupted() : nothingWaits(intake, waitMs);
  return { instruction, intake };
}

/** A person looks at what is rolled out here, so that only what was changed after it was signed is refused. */
function warnOfOrigin(context: LoopContext, instruction: Instruction): void {
  const verdict = verdictOn(context, instruction);
  if (verdict === undefined || verdict.state === 'trusted' || verdict.state === 'wrong') return;
  warn(
    context,
    `instruction ${instruction.id} ${verdict.reason}: whoever can write to this Redis may have made it`,
  );
}

function verdictOn({ keyring }: LoopContext, instruction: Instruction): SignatureVerdict | undefined {
  return keyring === undefined ? undefined : checkInstruction(instruction, keyring().trust);
}

function warn({ report, clock }: LoopContext, text: string): void {
  report({ type: 'note', at: clock(), level: 'warning', text });
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
    hint: 'Make one with `dreamnet decide "reduce costs 15%"`, roll out a program of your own with `dreamnet inject FILE`, wait for one with --wait 1m, or name one that is older.',
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
