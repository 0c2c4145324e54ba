/** What the lexer has to say: a place and what stands there in, the details of a diagnostic out. */
import type { DiagnosticDetails, Span } from '../diagnostics/diagnostics.js';
import { languageLimits } from '../limits.js';
import { nearestUnit, surelyMeant } from '../units/unit-words.js';
import { unitNames } from '../units/units.js';

export function slashComment(span: Span, couldDivide: boolean): DiagnosticDetails {
  return {
    code: 'DN002',
    message: 'a comment begins with #',
    span: { ...span, length: 2 },
    found: '//',
    expected: '#',
    hint: couldDivide ? 'if a division is meant, write /' : undefined,
    suggestion: { span: { ...span, length: 2 }, replacement: '#', certain: !couldDivide },
  };
}

export function dashComment(span: Span): DiagnosticDetails {
  const place = { ...span, length: 2 };
  return {
    code: 'DN002',
    message: 'a comment begins with #',
    span: place,
    found: '--',
    expected: '#',
    suggestion: { span: place, replacement: '#', certain: true },
  };
}

export function blockComment(
  span: Span,
  { text, isClosed, endsLine }: { text: string; isClosed: boolean; endsLine: boolean },
): DiagnosticDetails {
  const lines = text.split(/\r\n|\n|\r/);
  const inside = text.slice(2, isClosed ? -2 : undefined).trim();
  const canStay = lines.length === 1 && endsLine;
  return {
    code: 'DN002',
    message: isClosed ? 'a comment goes from # to the end of its line' : 'this comment is never closed',
    span: { ...span, length: 2 },
    found: '/*',
    expected: '#',
    hint: canStay
      ? undefined
      : lines.length === 1
        ? 'put it on a line of its own'
        : 'write # before each of its lines',
    suggestion: canStay ? { span, replacement: `# ${inside}`.trimEnd(), certain: true } : undefined,
  };
}

export function keywordCase(span: Span, written: string, isName: boolean): DiagnosticDetails {
  const capitals = written.toUpperCase();
  if (isName) {
    return {
      code: 'DN007',
      message: `${written} is a keyword in any case, and cannot be a name`,
      span,
      found: written,
      expected: 'a name',
      hint: 'choose another name',
    };
  }
  return {
    code: 'DN007',
    message: `keywords are written in capitals: ${capitals}`,
    span,
    found: written,
    expected: capitals,
    suggestion: { span, replacement: capitals, certain: true },
  };
}

export function foreignName(span: Span, written: string): DiagnosticDetails {
  return {
    code: 'DN002',
    message: `the name ${written} has letters other than a to z`,
    span,
    expected: 'letters a to z, digits and _',
    hint: 'names end up in logs and files of every agent, so they stay plain',
  };
}

export function longName(span: Span): DiagnosticDetails {
  return {
    code: 'DN011',
    message: `a name of ${span.length} characters is longer than ${languageLimits.nameLengthMax}`,
    span,
  };
}

export function number(span: Span, problem: string): DiagnosticDetails {
  return {
    code: 'DN003',
    message: `this number ${problem}`,
    span,
    expected: 'a number such as 5, 0.5, 1_000 or 1e6, with at most one unit behind it',
  };
}

export function hexadecimal(span: Span, written: string): DiagnosticDetails {
  const decimal = String(Number(written));
  return {
    code: 'DN003',
    message: 'numbers are decimal',
    span,
    found: written,
    expected: decimal,
    suggestion: { span, replacement: decimal, certain: false },
  };
}

export function unit(span: Span, written: string): DiagnosticDetails {
  const near = nearestUnit(written);
  return {
    code: 'DN004',
    message: `${written} is not a unit`,
    span,
    found: written,
    expected: `a unit: ${unitNames.join(' ')}`,
    hint: near === undefined ? undefined : `did you mean ${near}?`,
    suggestion:
      near === undefined
        ? undefined
        : { span, replacement: near, certain: surelyMeant(written) !== undefined },
  };
}

export function openText(span: Span, written: string): DiagnosticDetails {
  return {
    code: 'DN005',
    message: 'this text has no closing quote on its line',
    span,
    expected: '"',
    suggestion: { span, replacement: `${written}"`, certain: false },
  };
}

export function otherQuotes(span: Span, written: string, inside: string): DiagnosticDetails {
  const message = 'text stands between double quotes';
  if (inside.includes('"'))
    return { code: 'DN002', message, span, found: written, hint: 'a text has no double quotes inside' };
  return {
    code: 'DN002',
    message,
    span,
    found: written,
    expected: `"${inside}"`,
    suggestion: { span, replacement: `"${inside}"`, certain: true },
  };
}

/** What turns the direction of writing has shown another program than the one that is left without it. */
export function invisible(span: Span, written: string): DiagnosticDetails {
  const isSpace = /[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(written);
  const isDeceptive = /[\u202a-\u202e]/.test(written);
  return {
    code: 'DN002',
    message: isSpace
      ? 'this is a space that the language does not use'
      : 'an invisible character stands here',
    span,
    found: named(written),
    expected: isSpace ? 'a plain space' : undefined,
    hint: 'it probably came along when text was copied',
    suggestion: { span, replacement: isSpace ? ' ' : '', certain: !isDeceptive },
  };
}

/** What a sign is in other languages, and what is written here instead. */
const adviceFor: Readonly<Record<string, string>> = {
  '[': 'fields are read with a point, as in task.memory',
  ']': 'fields are read with a point, as in task.memory',
  '?': 'IF … THEN … ELSE decides between two statements',
  ':': 'a condition ends with THEN, and several statements stand between { and }',
  '%': 'a percentage is a number with % right behind it, as in 5%; there is no remainder',
  '^': 'there are no powers; multiply',
  '|': 'write OR',
  '&': 'write AND',
  '@': 'names have letters, digits and _',
  "'": 'text stands between double quotes',
  '€': 'money is in dollars, as in $5',
  '£': 'money is in dollars, as in $5',
  $: 'money is written $5',
};

export function foreign(span: Span, written: string): DiagnosticDetails {
  return {
    code: 'DN002',
    message: `the language does not use ${written.includes('\0') ? 'a NUL byte' : named(written)}`,
    span,
    found: named(written),
    hint: adviceOn(written),
  };
}

function adviceOn(written: string): string | undefined {
  if (written.includes('\0')) return 'is this a binary or UTF-16 file? Save it as UTF-8';
  if (written.includes('\ufffd')) return 'the file is not UTF-8 here; save it as UTF-8';
  const first = [...written][0] ?? '';
  return Object.hasOwn(adviceFor, first) ? adviceFor[first] : undefined;
}

/** What can be seen as it is, everything else by its number. */
function named(written: string): string {
  return [...written].slice(0, 8).map(printable).join(' ');
}

function printable(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const isPlain = (code > 0x20 && code < 0x7f) || /[\p{Sc}]/u.test(character);
  return isPlain ? character : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
