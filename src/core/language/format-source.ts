/**
 * Source text in, the same program in the one form that everybody writes it in out, or why it cannot be read. Only white
 * space changes, and where comments stand when they would be in the way; formatting twice changes nothing more.
 */
import { type CheckOptions, refuseSource } from './check-source.js';
import { DiagnosticList } from './diagnostics/diagnostic-list.js';
import type { Diagnostic } from './diagnostics/diagnostics.js';
import { printLayout } from './format/format-print.js';
import { readProgram } from './format/format-statement.js';
import { WordCursor, type WordsInput, wordsOf } from './format/format-words.js';
import { languageLimits } from './limits.js';
import { lexWithComments } from './syntax/lex.js';
import { parse } from './syntax/parse.js';

export type FormatResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

/** What does not check (an unknown field, units that do not fit) is formatted; what does not parse is not. */
export function formatSource(source: string, options: Pick<CheckOptions, 'fileName'>): FormatResult {
  const diagnostics = new DiagnosticList(source);
  if (refuseSource(source, options, diagnostics)) return { ok: false, diagnostics: diagnostics.all() };
  const { tokens, comments } = lexWithComments(source, diagnostics);
  const tree = parse(tokens, diagnostics);
  if (tree === undefined || diagnostics.hasErrors) return { ok: false, diagnostics: diagnostics.all() };
  const words = wordsOf({ source, tokens, comments });
  const text = printLayout(readProgram(new WordCursor(words)));
  if (growsTooLarge(text, options.fileName, diagnostics))
    return { ok: false, diagnostics: diagnostics.all() };
  assertSame(
    written({ source, tokens, comments }),
    written({ source: text, ...lexWithComments(text, diagnostics) }),
  );
  return { ok: true, text };
}

/** Indentation can take a program over the limit. It would no longer compile, so it stays as it is. */
function growsTooLarge(text: string, fileName: string, diagnostics: DiagnosticList): boolean {
  const bytes = Buffer.byteLength(text);
  const { sourceBytesMax } = languageLimits;
  if (bytes <= sourceBytesMax) return false;
  diagnostics.add({
    code: 'DN001',
    message: `formatted, ${fileName} would have ${bytes} bytes, and a program has at most ${sourceBytesMax}`,
    span: { offset: 0, line: 1, column: 1, length: 0 },
    hint: 'split the program in two',
  });
  return true;
}

/** A bug of the formatter must not reach anybody's file. */
function assertSame(before: readonly string[], after: readonly string[]): void {
  const differs = before.findIndex((text, index) => text !== after[index]);
  if (differs < 0 && before.length === after.length) return;
  throw new Error(
    `formatting would change ${before[differs] ?? 'the end'} to ${after[differs] ?? 'nothing'}`,
  );
}

/** All tokens, then all comments. */
function written({ source, tokens, comments }: WordsInput): string[] {
  const texts = tokens.map(({ span }) => source.slice(span.offset, span.offset + span.length));
  return [...texts, ...comments.map(({ text }) => text)];
}
