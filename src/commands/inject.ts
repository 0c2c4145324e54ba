import { Args, Flags } from '@oclif/core';
import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import { durationFlag, durationMs, fleetFlags, rolloutFlags, windowFlag } from '../cli/flags.js';
import { nextInstruction } from '../cli/next-instruction.js';
import { showLoop } from '../cli/views/loop-view.js';
import { withProgress } from '../cli/with-progress.js';
import { DreamnetError } from '../core/errors.js';
import type { Intake } from '../core/injector/intake.js';
import { type LoopDocument, loopDocument } from '../core/loop-document.js';
import { inject } from '../core/pipeline.js';

/** The document of `run`, and what became of the other messages that waited; null when an id was given. */
interface InjectDocument extends LoopDocument {
  readonly intake: Pick<Intake, 'superseded' | 'expired' | 'rejected'> | null;
}

export default class Inject extends BaseCommand<typeof Inject> {
  static override summary = 'Roll an instruction out to its agents, and measure what it does.';
  static override description =
    'Takes the newest instruction that waits on swarm:instructions. Messages there that do not fit are kept, with every reason, on swarm:instructions:rejected.';
  static override examples = [
    '<%= config.bin %> inject --batch 10',
    '<%= config.bin %> inject --wait 10m --max-failures 5',
    '<%= config.bin %> inject --resume instr_01jabc --json',
  ];
  static override args = {
    id: Args.string({ description: 'Instruction or decision to roll out instead of the newest that waits.' }),
  };
  static override flags = {
    ...rolloutFlags,
    window: windowFlag,
    wait: durationFlag('wait', { description: 'Wait this long for an instruction when none is there.' }),
    resume: Flags.string({
      description: 'Go on with an interrupted or stopped rollout: agents that failed or were not asked yet.',
      helpValue: '<rollout>',
      exclusive: ['wait'],
    }),
    ...fleetFlags,
    ...streamingFlags,
  };

  async run(): Promise<InjectDocument> {
    const { flags, args, signal } = this;
    let intake: Intake | undefined;
    let settled: Promise<void> | undefined;
    const outcome = await withProgress(
      {
        command: 'inject',
        need: 'session',
        resumes: flags.resume !== undefined,
        flags,
        signal,
        note: (text) => this.note(text),
        onEvent: (event) => {
          // The rollout is on record: from here on it is resumed, not handed out again.
          if (event.type !== 'planned') return;
          settled = intake?.settle();
          settled?.catch(() => undefined);
        },
      },
      async ({ context }) => {
        const next = await nextInstruction(context, {
          id: args.id,
          resume: flags.resume,
          waitMs: durationMs(flags.wait ?? '0'),
        });
        intake = next.intake;
        try {
          return await inject(context, {
            ...next.request,
            ...(flags.window === undefined ? {} : { windowMs: durationMs(flags.window) }),
            batch: flags.batch,
            maxFailures: flags['max-failures'],
            bakeMs: durationMs(flags.bake),
            gates: flags.gate,
          });
        } catch (thrown) {
          // Trying it again would not mend it; by its id it can still be rolled out.
          if (hasFaultyProgram(thrown)) settled ??= intake?.settle();
          else if (settled === undefined) await intake?.putBack().catch(() => undefined);
          throw thrown;
        } finally {
          await settled?.catch(() => undefined);
        }
      },
    );
    const document = loopDocument(outcome);
    this.print(showLoop(document, flags));
    if (document.rollout.state === 'rolled_back') this.endAs('stopped-by-gate');
    else if (document.rollout.failed > 0) this.endAs('partly-done');
    return { ...document, intake: intake === undefined ? null : intakeDocument(intake) };
  }
}

/** DN520 to DN529: its program is missing, does not compile, or is not what was promised. */
function hasFaultyProgram(thrown: unknown): boolean {
  return thrown instanceof DreamnetError && /^DN52\d$/.test(thrown.code);
}

function intakeDocument({ superseded, expired, rejected }: Intake): NonNullable<InjectDocument['intake']> {
  return { superseded, expired, rejected };
}
