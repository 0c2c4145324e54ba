/**
 * Anything thrown → what the user is told: code, message, hint and exit code, as two lines of text or as one JSON
 * document. Expected failures say it themselves; what the flag parser and the system throw is worded here.
 */
import { Errors } from '@oclif/core';
import { DreamnetError, messageOf } from '../core/errors.js';
import { closest } from './closest.js';
import { exitCodeOf } from './exit-codes.js';
import { safeForTerminal } from './terminal-text.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode: number;
}

export interface FailureContext {
  /** The command line that gives help, such as `dreamnet run --help`. */
  readonly helpCommand: string;
  /** Names of the command's flags, without dashes. */
  readonly flagNames: readonly string[];
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

/** `DN503 what happened`, then the hint, indented; safe to print, without a line feed at the end. */
export function failureText(failure: Failure): string {
  const lines = [`${failure.code} ${failure.message}`];
  if (failure.hint) lines.push(failure.hint.replaceAll(/^/gm, '  '));
  return safeForTerminal(lines.join('\n'));
}

export function failureDocument(failure: Failure): { error: Failure } {
  const { code, message, hint, exitCode } = failure;
  return { error: { code, message, ...(hint === undefined ? {} : { hint }), exitCode } };
}

function fromDreamnetError(error: DreamnetError): Failure {
  const { code, hint, kind } = error;
  const message = tidy(error.message);
  return { code, message, ...(hint === undefined ? {} : { hint }), exitCode: exitCodeOf(kind) };
}

/** oclif's parser: unknown or repeated flags, missing and surplus arguments, values out of the allowed ones. */
function fromParser(error: Errors.CLIError, context: FailureContext): Failure {
  const unknownFlag = 'flags' in error && Array.isArray(error.flags) ? String(error.flags[0]) : undefined;
  const message =
    unknownFlag === undefined ? tidy(error.message) : `There is no flag ${unknownFlag.split('=', 1)[0]}.`;
  const name = unknownFlag?.replace(/^-+/, '').split('=', 1)[0];
  const near = name === undefined ? undefined : closest(name, context.flagNames);
  return {
    code: 'DN904',
    message,
    hint: near ? `Did you mean --${near}? See: ${context.helpCommand}` : `See: ${context.helpCommand}`,
    exitCode: exitCodeOf('bad-input'),
  };
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
  return { code: 'DN906', message: `The system refused: ${error.message}`, exitCode: exitCodeOf('failed') };
}
