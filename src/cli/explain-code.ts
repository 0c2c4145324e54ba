/** The code of a diagnostic or of a refused program file in, everything that is known of it out. */
import { type ProgramExplanation, programExplanations } from '../core/bytecode/explanations.js';
import { programErrorCodes } from '../core/bytecode/program-error.js';
import { verifyCodes } from '../core/bytecode/verify-codes.js';
import { DreamnetError } from '../core/errors.js';
import { checkSource } from '../core/language/check-source.js';
import { type DiagnosticCode, diagnosticCodes } from '../core/language/diagnostics/diagnostic-codes.js';
import type { Diagnostic } from '../core/language/diagnostics/diagnostics.js';
import type { CodeExplanation } from '../core/language/diagnostics/explanations/explanation.js';
import { explanations, isAboutCapabilities } from '../core/language/diagnostics/explanations.js';
import { readCapabilities } from '../core/language/read-capabilities.js';
import { closest } from './closest.js';

export interface CodeSummary {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly about: 'program' | 'capability file' | 'program file';
}

export type ExplainedCode = CodeSummary & {
  readonly meaning: string;
  /** A source that gets the code, and what is said about it. */
  readonly example?: CodeExample;
  /** What to do about a program file. */
  readonly remedy?: string;
};

export interface CodeExample {
  readonly fileName: string;
  readonly wrong: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly right: string;
  /** Names of the fields that the example needs and the reference fleet has not. */
  readonly fields: readonly string[];
}

/** In order of their numbers. */
export function allCodes(): readonly CodeSummary[] {
  const language = (Object.keys(diagnosticCodes) as DiagnosticCode[]).map((code) => summaryOf(code));
  const program = Object.entries({ ...verifyCodes, ...programErrorCodes }).map(
    ([code, title]) => ({ code, severity: 'error', title, about: 'program file' }) as const,
  );
  return [...language, ...program].toSorted((one, other) => (one.code < other.code ? -1 : 1));
}

/** In any case, and without the DN if you like. Throws DN940 for a code that is none of these. */
export function explainCode(asked: string): ExplainedCode {
  const code = asked
    .trim()
    .toUpperCase()
    .replace(/^(?=\d)/, 'DN');
  const summary = allCodes().find((one) => one.code === code);
  if (summary === undefined) throw unknownCode(asked, code);
  if (isLanguageCode(code)) {
    const explanation = explanations[code];
    return { ...summary, meaning: explanation.meaning, example: exampleOf(code, explanation) };
  }
  const known: Readonly<Record<string, ProgramExplanation>> = programExplanations;
  const explanation = known[code];
  if (explanation === undefined) throw new Error(`${code} has no explanation`);
  return { ...summary, ...explanation };
}

function summaryOf(code: DiagnosticCode): CodeSummary {
  const about = isAboutCapabilities(code) ? 'capability file' : 'program';
  return { code, ...diagnosticCodes[code], about };
}

function isLanguageCode(code: string): code is DiagnosticCode {
  return Object.hasOwn(diagnosticCodes, code);
}

function exampleOf(code: DiagnosticCode, { wrong, right, capabilities }: CodeExplanation): CodeExample {
  const about = isAboutCapabilities(code);
  const fileName = about ? 'fleet.json' : 'example.dream';
  const options = { fileName, ...(capabilities === undefined ? {} : { capabilities }) };
  const result = about ? readCapabilities(wrong, options) : checkSource(wrong, options);
  const said = result.ok ? result.warnings : result.diagnostics;
  const diagnostics = said.filter((diagnostic) => diagnostic.code === code);
  return { fileName, wrong, diagnostics, right, fields: addedFields(capabilities) };
}

function addedFields(capabilities: CodeExplanation['capabilities']): string[] {
  return (capabilities?.fields ?? []).filter(({ unit }) => unit === 'name').map(({ name }) => name);
}

function unknownCode(asked: string, code: string): DreamnetError {
  const codes = allCodes().map((one) => one.code);
  const isElsewhere = /^DN[2-9]\d\d$/.test(code);
  const near = isElsewhere ? undefined : closest(code, codes);
  const range = `\`dreamnet explain\` lists the codes that it knows, from ${codes[0]} to ${codes.at(-1)}.`;
  return new DreamnetError({
    code: 'DN940',
    kind: 'bad-input',
    message: isElsewhere
      ? `${code} is not explained here: only codes of programs, capability files and compiled programs are.`
      : `There is no code ${JSON.stringify(asked.slice(0, 40))}.`,
    hint: isElsewhere
      ? `${range} What commands and services say, from DN200 on, comes with its own hint.`
      : `${near === undefined ? '' : `Did you mean ${near}? `}${range}`,
  });
}
