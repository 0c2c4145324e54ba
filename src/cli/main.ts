/**
 * Command line → exit code. Finds the command, lets it run, and renders what fails before there is a command.
 */
import { run } from '@oclif/core/run';
import { outputIsLost, tolerateClosedOutput } from './interrupt.js';

export interface MainOptions {
  readonly argv: readonly string[];
  /** Directory of package.json. */
  readonly root: string;
  /** From source: package.json with the oclif section pointing into src/, and no manifest of the build. */
  readonly pjson?: Record<string, unknown>;
  readonly ignoreManifest?: boolean;
}

export async function main({ argv, ...location }: MainOptions): Promise<void> {
  tolerateClosedOutput();
  // What escapes every promise, such as an event nobody listens to, is still told in words and ends the process.
  process.once('uncaughtException', (error) => void reportFailure(error, argv).then(leave));
  try {
    await run(globalFlagsLast(argv), { ...location, userPlugins: false, devPlugins: false } as Parameters<
      typeof run
    >[1]);
  } catch (error) {
    await reportFailure(error, argv);
  }
  await leave();
}

/** Ends the process even where a connection was left open, after everything written has gone out. */
async function leave(): Promise<never> {
  await flushed(process.stdout);
  if (outputIsLost()) process.exitCode = 1;
  await flushed(process.stderr);
  process.exit();
}

/**
 * oclif takes the first word for the command. `dreamnet --json doctor` means the same as `dreamnet doctor --json`.
 */
export function globalFlagsLast(argv: readonly string[]): string[] {
  let words = 0;
  while (words < argv.length && isGlobalFlag(argv[words])) words += takesValue(argv[words]) ? 2 : 1;
  if (words === 0) return [...argv];
  const [flags, rest] = [argv.slice(0, words), argv.slice(words)];
  if (rest.length === 0) return flags.concat('--help');
  const end = rest.indexOf('--');
  return end === -1 ? [...rest, ...flags] : [...rest.slice(0, end), ...flags, ...rest.slice(end)];
}

function isGlobalFlag(word: string | undefined): boolean {
  return /^(-q|--quiet|--json|--no-color|--prefix(=.*)?|--redis(=.*)?)$/su.test(word ?? '');
}

function takesValue(flag: string | undefined): boolean {
  return flag === '--prefix' || flag === '--redis';
}

async function reportFailure(thrown: unknown, argv: readonly string[]): Promise<void> {
  const { Errors } = await import('@oclif/core');
  if (thrown instanceof Errors.ExitError) {
    process.exitCode = thrown.oclif.exit ?? 0;
    return;
  }
  const { describeFailure, failureDocument, failureText } = await import('./failure.js');
  const { safeForTerminal, safeJson, widthIfTerminal } = await import('./terminal-text.js');
  const failure = describeFailure(thrown, { helpCommand: 'dreamnet --help', flagNames: [] });
  process.exitCode = failure.exitCode;
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  if (flags.includes('--jsonl')) {
    process.stdout.write(`${safeJson({ type: 'error', ...failureDocument(failure) })}\n`);
  } else if (flags.includes('--json')) process.stdout.write(`${safeJson(failureDocument(failure), 2)}\n`);
  else {
    const columns = widthIfTerminal(process.stderr);
    process.stderr.write(`${failureText(failure, { columns })}\n`);
  }
  if (process.env.DEBUG && thrown instanceof Error)
    process.stderr.write(`${safeForTerminal(thrown.stack ?? '')}\n`);
}

/** Resolves when everything written has been handed over, or when it never will be and its listener knows. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    // A failed write is told to listeners a moment after the stream knows of it.
    if (stream.destroyed || stream.writableEnded) setImmediate(resolve);
    else stream.write('', () => setImmediate(resolve));
  });
}
