/**
 * What every command shares: global flags, one JSON document or plain text on stdout, progress on stderr, documented
 * exit codes, and a signal that Ctrl-C aborts. A command parses, makes one core call, and renders.
 */
import { Command, Errors, Flags, type Interfaces } from '@oclif/core';
import { DreamnetError, type FailureKind } from '../core/errors.js';
import { EXIT_CODE_OF_SIGNAL, exitCodeOf } from './exit-codes.js';
import {
  describeFailure,
  type Failure,
  type FailureDocument,
  failureDocument,
  failureText,
} from './failure.js';
import { type Interrupts, listenForInterrupts, type StopReason } from './interrupt.js';
import { safeForTerminal, safeJson, widthIfTerminal } from './terminal-text.js';

const GLOBAL = 'GLOBAL';

/** For commands whose work is long: spread into `static flags`, then report with `this.emit(event)`. */
export const streamingFlags = {
  jsonl: Flags.boolean({
    description: 'Stream events as JSON lines on stdout; the last line is the result or the error.',
    exclusive: ['json'],
  }),
};

export type CommandFlags<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags'] & T['flags']
>;
export type CommandArgs<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    json: Flags.boolean({ description: 'Print one JSON document on stdout.', helpGroup: GLOBAL }),
    'no-color': Flags.boolean({ description: 'Print without colours.', helpGroup: GLOBAL }),
    quiet: Flags.boolean({ char: 'q', description: 'No progress on stderr.', helpGroup: GLOBAL }),
    prefix: Flags.string({
      description: 'Namespace of all Redis names, so that fleets can share one Redis.',
      env: 'DREAMNET_PREFIX',
      helpGroup: GLOBAL,
      parse: async (prefix) => checkedPrefix(prefix),
    }),
    redis: Flags.string({
      description: 'Redis to use instead of the private one; any server of a Redis Cluster will do.',
      env: 'REDIS_URL',
      helpGroup: GLOBAL,
      helpValue: '<url>',
    }),
  };

  protected flags!: CommandFlags<T>;
  protected args!: CommandArgs<T>;
  #interrupts: Interrupts | undefined;

  /** The returned object is the command's JSON document; in text mode the command prints for itself. */
  abstract override run(): Promise<object | undefined>;

  protected override async init(): Promise<void> {
    await super.init();
    this.#refuseValuesOfSwitches();
    const { flags, args } = await this.parse(this.ctor);
    this.flags = flags as CommandFlags<T>;
    this.args = args as CommandArgs<T>;
  }

  /**
   * Aborted by Ctrl-C, SIGTERM, a closed terminal, or a reader of our output that went away. Whoever asks for it
   * promises to end soon after the abort; the exit code is then set here.
   */
  protected get signal(): AbortSignal {
    this.#interrupts ??= listenForInterrupts((reason) => this.#announceStop(reason));
    return this.#interrupts.signal;
  }

  /** A part of the plain text result, on stdout. With `--json` or `--jsonl` nothing but documents goes there. */
  protected print(text: string): void {
    if (!this.jsonEnabled() && !this.jsonLinesEnabled()) process.stdout.write(`${safeForTerminal(text)}\n`);
  }

  /** A line of progress, on stderr. */
  protected note(text: string): void {
    if (!this.#flagGiven('--quiet', '-q')) process.stderr.write(`${safeForTerminal(text)}\n`);
  }

  /** An event of a long run, one JSON line, with `--jsonl` only. Every event has a `type` other than result and error. */
  protected emit<Event extends { readonly type: string }>(event: Event): void {
    if (this.jsonLinesEnabled()) process.stdout.write(`${safeJson(event)}\n`);
  }

  /** Whether moving progress may be drawn: a person watches, and asked for neither JSON nor quiet. */
  protected get drawsProgress(): boolean {
    const watched = process.stdout.isTTY && process.stderr.isTTY && process.env.TERM !== 'dumb';
    const asked = !this.jsonEnabled() && !this.jsonLinesEnabled() && !this.#flagGiven('--quiet', '-q');
    return watched && asked && !process.env.CI;
  }

  /** For a command that has a result to show and yet must not end with 0: rolled back, partly done, waits. */
  protected endAs(kind: FailureKind): void {
    process.exitCode = exitCodeOf(kind);
  }

  protected jsonLinesEnabled(): boolean {
    return 'jsonl' in (this.ctor.flags ?? {}) && this.#flagGiven('--jsonl');
  }

  protected override async _run<R>(): Promise<R> {
    const result = await super._run<R>();
    if (result && this.jsonLinesEnabled()) process.stdout.write(`${safeJson({ type: 'result', result })}\n`);
    return result;
  }

  protected override logJson(document: unknown): void {
    process.stdout.write(`${safeJson(document, 2)}\n`);
  }

  protected override toErrorJson(thrown: unknown): FailureDocument {
    return failureDocument(this.#describe(thrown));
  }

  protected override async catch(thrown: Error): Promise<void> {
    if (thrown instanceof Errors.ExitError) {
      process.exitCode = thrown.oclif.exit ?? 0;
      return;
    }
    const isUnread = this.#interrupts?.reason === 'reader-gone';
    if (isUnread && !(thrown instanceof DreamnetError && thrown.kind === 'interrupted')) return;
    const failure = this.#describe(thrown);
    process.exitCode = failure.exitCode;
    // Work was left half done because nobody reads about it: that is told where somebody may.
    if (isUnread) {
      process.stderr.write(`${await this.#textOf(failure)}\n`);
      return;
    }
    if (this.jsonEnabled()) this.logJson(failureDocument(failure));
    else if (this.jsonLinesEnabled()) {
      process.stdout.write(`${safeJson({ type: 'error', ...failureDocument(failure) })}\n`);
    } else process.stderr.write(`${await this.#textOf(failure)}\n`);
    if (process.env.DEBUG) process.stderr.write(`${safeForTerminal(thrown.stack ?? '')}\n`);
  }

  protected override async finally(thrown: Error | undefined): Promise<void> {
    const reason = this.#interrupts?.reason;
    const endedQuietly = thrown === undefined && process.exitCode === undefined;
    if (endedQuietly && reason && reason !== 'reader-gone') process.exitCode = EXIT_CODE_OF_SIGNAL[reason];
    this.#interrupts?.dispose();
    await super.finally(thrown);
  }

  /** How diagnostics look is loaded only when there are some. */
  async #textOf(failure: Failure): Promise<string> {
    const columns = widthIfTerminal(process.stderr);
    if (failure.about === undefined) return failureText(failure, { columns });
    const { lookOf, sourcesText } = await import('./views/diagnostics-view.js');
    const look = lookOf(process.stderr, { 'no-color': this.#flagGiven('--no-color') });
    const details = sourcesText([failure.about], look);
    return failureText(failure, { columns, details });
  }

  #describe(thrown: unknown): Failure {
    const failure = describeFailure(thrown, {
      helpCommand: `${this.config.bin} ${this.ctor.id.replaceAll(':', ' ')} --help`,
      flagNames: Object.keys({ ...this.ctor.baseFlags, ...this.ctor.flags }),
      argNames: Object.keys(this.ctor.args ?? {}),
    });
    const reason = this.#interrupts?.reason;
    if (reason === undefined || reason === 'reader-gone') return failure;
    const exitCode = EXIT_CODE_OF_SIGNAL[reason];
    if (thrown instanceof DreamnetError) return { ...failure, exitCode };
    return { code: 'DN910', message: `Interrupted by ${reason}.`, exitCode };
  }

  #announceStop(reason: StopReason): void {
    if (reason === 'SIGINT') this.note('Stopping. Press Ctrl-C again to leave at once.');
  }

  /** The parser would take the value for an argument, and `--dry-run=false` for a dry run. */
  #refuseValuesOfSwitches(): void {
    const flags: Record<string, { readonly type?: string }> = { ...this.ctor.baseFlags, ...this.ctor.flags };
    const end = this.argv.indexOf('--');
    for (const word of end === -1 ? this.argv : this.argv.slice(0, end)) {
      const [, name = ''] = /^--([\w-]+)=/.exec(word) ?? [];
      if (flags[name.replace(/^no-(?!color$)/, '')]?.type !== 'boolean') continue;
      throw new DreamnetError({
        code: 'DN904',
        kind: 'bad-input',
        message: `--${name} takes no value.`,
        hint: `Write --${name} alone, or leave it out.`,
      });
    }
  }

  /** Looks at the words themselves, because it is also asked when parsing them failed. */
  #flagGiven(...names: readonly string[]): boolean {
    const end = this.argv.indexOf('--');
    const words = end === -1 ? this.argv : this.argv.slice(0, end);
    return words.some((word) => names.includes(word));
  }
}

/** Braces would choose a slot for the whole fleet in a cluster; spaces and glob characters break patterns. */
function checkedPrefix(prefix: string): string {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return prefix;
  throw new DreamnetError({
    code: 'DN905',
    kind: 'bad-input',
    message: `The prefix ${JSON.stringify(prefix)} has characters or a length that Redis names of a fleet cannot have`,
    hint: 'Use 1 to 64 letters, digits, dots, colons, dashes or underscores.',
  });
}
