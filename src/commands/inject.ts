import { Args, Flags } from '@oclif/core';
import { BaseCommand, streamingFlags } from '../cli/base-command.js';
import {
  durationFlag,
  durationMs,
  fleetFlags,
  narrowingFlag,
  planFlags,
  rolloutFlags,
  windowFlag,
} from '../cli/flags.js';
import { type NextInstruction, nextInstruction } from '../cli/next-instruction.js';
import { offeredCapabilities } from '../cli/offered-capabilities.js';
import { isProgramPath, ownRequest, readOwnProgram } from '../cli/own-program.js';
import { readPlanFile } from '../cli/plan-file.js';
import { rolloutWishes } from '../cli/rollout-wishes.js';
import { showPlan } from '../cli/show-plan.js';
import { transportFlags } from '../cli/transport-flags.js';
import { showLoop } from '../cli/views/loop-view.js';
import type { PlanDocument } from '../cli/views/plan-document.js';
import { withProgress } from '../cli/with-progress.js';
import { DreamnetError } from '../core/errors.js';
import type { Intake } from '../core/injector/intake.js';
import type { OwnProgram } from '../core/injector/own-instruction.js';
import type { LoopContext } from '../core/loop-context.js';
import { type LoopDocument, loopDocument } from '../core/loop-document.js';
import { type InjectRequest, inject, previewInject } from '../core/pipeline.js';

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
    '<%= config.bin %> inject --dry-run --limit 10% --save-plan plan.json',
    '<%= config.bin %> inject --plan plan.json',
    '<%= config.bin %> inject trim.dream --set cut=30% --docker --dry-run',
    '<%= config.bin %> inject video.dream --capabilities video.json -l class=video',
    '<%= config.bin %> inject --resume instr_01jabc --json',
  ];
  static override args = {
    id: Args.string({
      description:
        'Instruction or decision to roll out instead of the newest that waits; or a program of your own: a path with a slash, .dream or .bc.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    ...rolloutFlags,
    selector: narrowingFlag,
    window: windowFlag,
    set: Flags.string({
      description: 'Value of a parameter of your own program: cpu_cut=30%.',
      helpValue: '<name=value>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    capabilities: Flags.string({
      description:
        'What your own program is compiled for (JSON). [default: what the agents publish, or the reference fleet]',
      helpValue: '<file>',
    }),
    ...planFlags,
    plan: Flags.string({
      description: 'Roll out exactly this plan, or nothing when fleet or program have changed since.',
      helpValue: '<file>',
      exclusive: ['resume', 'wait'],
    }),
    wait: durationFlag('wait', {
      description: 'Wait this long for an instruction when none is there.',
      exclusive: ['dry-run'],
    }),
    resume: Flags.string({
      description: 'Go on with an interrupted or stopped rollout: agents that failed or were not asked yet.',
      helpValue: '<rollout>',
      exclusive: ['wait'],
    }),
    ...transportFlags,
    ...fleetFlags,
    ...streamingFlags,
  };

  /** A program of the operator's own, where one was named. */
  #own: OwnProgram | undefined;

  async run(): Promise<InjectDocument | PlanDocument> {
    const { flags, args } = this;
    if (flags.plan !== undefined) this.#requireNothingBesidePlan();
    if (args.id !== undefined && isProgramPath(args.id)) {
      if (flags.resume !== undefined || flags.wait !== undefined) throw besideOwn(args.id);
      this.#own = await readOwnProgram(args.id, flags.set ?? [], () =>
        offeredCapabilities({ command: 'inject', flags, note: (text) => this.note(text) }),
      );
      if (flags.capabilities !== undefined && this.#own.source === undefined) throw nothingToCompile(args.id);
    } else if (flags.set !== undefined) throw nothingToSet();
    else if (flags.capabilities !== undefined) throw nothingToCompile();
    if (flags['dry-run']) return this.#dryRun();
    let intake: Intake | undefined;
    let settled: Promise<void> | undefined;
    const outcome = await withProgress(
      {
        ...this.#progress(),
        onEvent: (event) => {
          // The rollout is on record: from here on it is resumed, not handed out again.
          if (event.type !== 'planned') return;
          settled = intake?.settle();
          settled?.catch(() => undefined);
        },
      },
      async ({ context }) => {
        const next = await this.#next(context);
        intake = next.intake;
        try {
          return await inject(context, next.request);
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
    else if (document.rollout.failed + document.rollout.counts.rolled_back > 0) this.endAs('partly-done');
    return { ...document, intake: intake === undefined ? null : intakeDocument(intake) };
  }

  async #dryRun(): Promise<PlanDocument> {
    const { flags } = this;
    const preview = await withProgress(this.#progress(), async ({ context }) =>
      previewInject(context, (await this.#next(context)).request),
    );
    const { document, text } = showPlan(preview, {
      ...{ savePlan: flags['save-plan'], plan: flags.plan, nowMs: Date.now() },
    });
    this.print(text);
    return document;
  }

  #requireNothingBesidePlan(): void {
    const { flags, args } = this;
    if (args.id !== undefined) throw besidePlan(args.id.slice(0, 140));
    const fixed = [...Object.keys(rolloutFlags), 'selector', 'window', 'save-plan'];
    const given = fixed.find((name) => name in flags);
    if (given !== undefined) throw besidePlan(`--${given}`);
  }

  #progress() {
    const { flags, signal } = this;
    const note = (text: string) => this.note(text);
    return {
      ...({ command: 'inject', need: 'session' } as const),
      resumes: flags.resume !== undefined,
      ...{ flags, signal, note },
    };
  }

  async #next(context: LoopContext): Promise<{ request: InjectRequest; intake: Intake | undefined }> {
    const { flags } = this;
    if (flags.plan !== undefined) {
      const plan = readPlanFile(flags.plan);
      const { instruction, windowMs } = plan;
      return { request: { instruction, windowMs, plan }, intake: undefined };
    }
    // Read before an instruction is taken: what does not fit keeps nothing.
    const wishes = rolloutWishes(flags);
    const window = flags.window === undefined ? {} : { windowMs: durationMs(flags.window) };
    const { request, intake } = await this.#instruction(context);
    return {
      request: { ...request, ...window, ...wishes, selector: flags.selector },
      intake,
    };
  }

  async #instruction(context: LoopContext): Promise<NextInstruction> {
    const { flags, args } = this;
    if (this.#own !== undefined)
      return {
        request: { instruction: await ownRequest(context, { program: this.#own }) },
        intake: undefined,
      };
    return nextInstruction(context, {
      id: args.id,
      resume: flags.resume,
      waitMs: durationMs(flags.wait ?? '0'),
      peek: flags['dry-run'],
    });
  }
}

function besideOwn(path: string): DreamnetError {
  return new DreamnetError({
    code: 'DN527',
    kind: 'bad-input',
    message: `${path.slice(0, 140)} is a program to roll out anew: nothing is waited for, and nothing goes on.`,
    hint: 'Leave out --wait and --resume, or the file.',
  });
}

function nothingToSet(): DreamnetError {
  return new DreamnetError({
    code: 'DN527',
    kind: 'bad-input',
    message: '--set is for a program of your own; an instruction brings its values.',
    hint: 'Name the file: `dreamnet inject FILE --set name=value`.',
  });
}

function nothingToCompile(compiled?: string): DreamnetError {
  return new DreamnetError({
    code: 'DN675',
    kind: 'bad-input',
    message:
      compiled === undefined
        ? '--capabilities is for a program of your own; an instruction brings its program.'
        : `${compiled.slice(0, 140)} is compiled already: --capabilities would change nothing.`,
    hint: 'Name the source: `dreamnet inject FILE.dream --capabilities FILE`.',
  });
}

function besidePlan(what: string): DreamnetError {
  return new DreamnetError({
    code: 'DN553',
    kind: 'bad-input',
    message: `A plan has its own instruction and settings, so ${what} cannot be given beside --plan.`,
    hint: 'Leave it out, or plan again with `dreamnet inject --dry-run --save-plan FILE`.',
  });
}

/** DN520 to DN529: its program is missing, does not compile, or is not what was promised. */
function hasFaultyProgram(thrown: unknown): boolean {
  return thrown instanceof DreamnetError && /^DN52\d$/.test(thrown.code);
}

function intakeDocument({ superseded, expired, rejected }: Intake): NonNullable<InjectDocument['intake']> {
  return { superseded, expired, rejected };
}
