/**
 * Anything thrown → what the user is told: code, message, hint and exit code, as a few lines of text or as one JSON
 * document. Expected failures say it themselves; what the flag parser and the system throw is worded here.
 */
import { Errors } from '@oclif/core';
import { DreamnetError, messageOf } from '../core/errors.js';
import { systemWords } from '../core/system-words.js';
import { closest } from './closest.js';
import { DiagnosedError, type DiagnosedSource } from './diagnosed-error.js';
import { exitCodeOf } from './exit-codes.js';
import { parserWords } from './parser-words.js';
import { wrap } from './table.js';
import { safeForTerminal } from './terminal-text.js';
import { type DiagnosticDocument, diagnosticDocument } from './views/diagnostics-document.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode: number;
  /** The source that is to blame, with what is wrong in it. */
  readonly about?: DiagnosedSource;
}

export interface FailureDocument {
  readonly error: Omit<Failure, 'about'>;
  /** As in the documents of `check` and `compile`. */
  readonly diagnostics?: readonly DiagnosticDocument[];
}

export interface FailureContext {
  /** The command line that gives help, such as `dreamnet run --help`. */
  readonly helpCommand: string;
  /** Names of the command's flags, without dashes. */
  readonly flagNames: readonly string[];
  /** Names of the command's arguments. */
  readonly argNames?: readonly string[];
}

const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

export function describeFailure(thrown: unknown, context: FailureContext): Failure {
  if (thrown instanceof DreamnetError) return fromDreamnetError(thrown);
  if (thrown instanceof Errors.ModuleLoadError) return fromIncompleteBuild(thrown);
  if (thrown instanceof Errors.CLIError) return fromParser(thrown, context);
  if (isSystemError(thrown)) return fromSystem(thrown);
  return {
    code: 'DN900',
    message: `Unexpected: ${messageOf(thrown)}`,
    hint: 'This is a fault of dreamnet. Run the command again with DEBUG=1 to see where it happened.',
    exitCode: exitCodeOf('failed'),
  };
}

export interface FailureLook {
  /** Of the terminal; undefined: lines stay whole, because no terminal shows them. */
  readonly columns?: number | undefined;
  /** Diagnostics with their lines, as `views/diagnostics-view.ts` makes them. */
  readonly details?: string | undefined;
}

/** `DN503 what happened`, then the hint, indented; safe to print, without a line feed at the end. */
export function failureText(
  { code, message, hint }: Failure,
  { columns, details }: FailureLook = {},
): string {
  const parts = [hanging(`${code} ${message}`, columns)];
  if (details !== undefined && details !== '') parts.push('', details, '');
  if (hint) parts.push(hanging(hint.replaceAll(/^/gm, '  '), columns));
  return safeForTerminal(parts.join('\n'));
}

export function failureDocument({ code, message, hint, exitCode, about }: Failure): FailureDocument {
  const error = { code, message, ...(hint === undefined ? {} : { hint }), exitCode };
  if (about === undefined) return { error };
  const { name: file, source } = about;
  return { error, diagnostics: about.diagnostics.map((one) => diagnosticDocument(one, { file, source })) };
}

/** Each line continues below itself, indented by two more than it begins. */
function hanging(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  const lines = text.split('\n').map((line) => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    const rest = wrap(line.slice(indent.length), Math.max(20, columns - indent.length - 2));
    return indent + rest.join(`\n${indent}  `);
  });
  return lines.join('\n');
}

function fromDreamnetError(error: DreamnetError): Failure {
  const { code, hint, kind } = error;
  const message = tidy(error.message);
  return {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    exitCode: exitCodeOf(kind),
    ...(error instanceof DiagnosedError ? { about: error.about } : {}),
  };
}

/** oclif's parser: unknown or repeated flags, missing and surplus arguments, values out of the allowed ones. */
function fromParser(error: Errors.CLIError, context: FailureContext): Failure {
  const help = `See: ${context.helpCommand}`;
  const { message, hint = help } = fromArguments(error, context) ?? fromFlags(error, context);
  return { code: 'DN904', message, hint, exitCode: exitCodeOf('bad-input') };
}

interface Worded {
  readonly message: string;
  readonly hint?: string;
}

function fromFlags(error: Errors.CLIError, { flagNames, helpCommand }: FailureContext): Worded {
  const [, needs, needed] = /must be provided when using (--[\w-]+): (--[\w-]+)/.exec(error.message) ?? [];
  if (needs !== undefined) return { message: `${needs} goes with ${needed} only.` };
  const unknown = 'flags' in error && Array.isArray(error.flags) ? String(error.flags[0]) : undefined;
  if (unknown === undefined) return { message: parserWords(tidy(error.message)) };
  const flag = unknown.split('=', 1)[0] ?? '';
  const near = closest(flag.replace(/^-+/, ''), flagNames);
  const message = `There is no flag ${flag}.`;
  return near === undefined ? { message } : { message, hint: `Did you mean --${near}? See: ${helpCommand}` };
}

/** Undefined when the arguments are not what is wrong. */
function fromArguments(error: Errors.CLIError, context: FailureContext): Worded | undefined {
  const { helpCommand, argNames = [] } = context;
  const args: readonly unknown[] = 'args' in error && Array.isArray(error.args) ? error.args : [];
  const missing = args.flatMap((arg) => missingArgument(arg) ?? []);
  if (missing.length > 0) return { message: `${missing.join('. ')}.`, hint: `See: ${helpCommand}` };
  const surplus = args.filter((arg) => typeof arg === 'string');
  if (surplus.length === 0) return undefined;
  const words = surplus.map((word) => JSON.stringify(word.slice(0, 40))).join(', ');
  if (argNames.includes('goal')) {
    const command = helpCommand.replace(/ --help$/, '');
    return {
      message: `A goal is one argument, and ${words} ${surplus.length === 1 ? 'stands' : 'stand'} outside of it.`,
      hint: `Put the goal in quotes, such as: ${command} "reduce costs 15%"`,
    };
  }
  const takes =
    argNames.length === 0 ? 'no argument' : `no more arguments than ${argNames.join(', ').toUpperCase()}`;
  return { message: `The command takes ${takes}; found ${words}.` };
}

function missingArgument(arg: unknown): string | undefined {
  if (typeof arg !== 'object' || arg === null || !('name' in arg)) return undefined;
  const description = 'description' in arg && typeof arg.description === 'string' ? arg.description : '';
  const missing = `The argument ${String(arg.name).toUpperCase()} is missing`;
  return description === '' ? missing : `${missing}: ${description.replace(/\.$/, '')}`;
}

/** Less what the parser puts around a message; it does so even around one that a flag's `parse` has thrown. */
function tidy(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing (--\S+) *\n\t/, '$1: ')
    .replace(/^(--\S+): (?=\1\s)/, '')
    .trim();
}

function fromIncompleteBuild(error: Error): Failure {
  return {
    code: 'DN902',
    message: `dreamnet is not built completely: ${error.message}`,
    hint: 'Run: node scripts/setup.mjs',
    exitCode: exitCodeOf('failed'),
  };
}

function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown;
}

function fromSystem(error: NodeJS.ErrnoException): Failure {
  if (UNREACHABLE_CODES.has(error.code ?? '')) {
    return {
      code: 'DN907',
      message: `Cannot connect: ${error.message}`,
      exitCode: exitCodeOf('unreachable'),
    };
  }
  const what = error.path === undefined ? error.message : `${error.path}: ${systemWords(error)}`;
  return { code: 'DN906', message: `The system refused: ${what}`, exitCode: exitCodeOf('failed') };
}
