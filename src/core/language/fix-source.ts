/** Source text in, the text with every certain suggestion applied and what was changed where out. Never throws. */
import type { Diagnostic, Suggestion } from './diagnostics/diagnostics.js';

export interface AppliedFix extends CertainFix {
  /** What the places of the diagnostic are in: the text as it was before this fix and those applied with it. */
  readonly text: string;
}

export interface CertainFix {
  readonly diagnostic: Diagnostic;
  readonly suggestion: Suggestion;
}

export interface FixedSource {
  readonly source: string;
  readonly fixes: readonly AppliedFix[];
}

/** One fix can uncover the next. Each round fixes something, and nobody types as many layers of mistakes as this. */
const roundsMax = 200;

/** `diagnose` says what is wrong with a text. Applies what does not overlap at once, until nothing certain is left. */
export function fixSource(source: string, diagnose: (text: string) => readonly Diagnostic[]): FixedSource {
  const fixes: AppliedFix[] = [];
  let text = source;
  for (let round = 0; round < roundsMax; round += 1) {
    const chosen = apart(certainFixes(diagnose(text)));
    if (chosen.length === 0) break;
    const before = text;
    text = applied(before, chosen);
    fixes.push(...chosen.map((fix) => ({ ...fix, text: before })));
  }
  return { source: text, fixes };
}

/** What `fixSource` would apply first. */
export function certainFixes(diagnostics: readonly Diagnostic[]): CertainFix[] {
  return diagnostics.flatMap((diagnostic) => {
    const { suggestion } = diagnostic;
    return suggestion?.certain === true ? [{ diagnostic, suggestion }] : [];
  });
}

/** From the front, leaving out what touches the edit before: two edits at one place could mean something else together. */
function apart(fixes: readonly CertainFix[]): CertainFix[] {
  const sorted = fixes.toSorted((one, other) => one.suggestion.span.offset - other.suggestion.span.offset);
  let end = -1;
  return sorted.filter(({ suggestion: { span } }) => {
    if (span.offset <= end) return false;
    end = span.offset + span.length;
    return true;
  });
}

function applied(text: string, fixes: readonly CertainFix[]): string {
  let result = '';
  let from = 0;
  for (const { suggestion } of fixes) {
    const { span, replacement } = suggestion;
    result += text.slice(from, span.offset) + replacement;
    from = span.offset + span.length;
  }
  return result + text.slice(from);
}
