/** An error of the JSON parser in, what to tell about it out: message, what was found, what was expected. */
import { type Node, type ParseError, printParseErrorCode } from 'jsonc-parser';

export interface SyntaxErrorText {
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
  /** Where what it is about begins, when that is before the place that the parser names. */
  readonly start?: number;
}

/** `tree` is what could be read of the file; undefined when that is nothing. */
export function describeSyntaxError(
  { error, offset, length }: ParseError,
  text: string,
  tree: Node | undefined,
): SyntaxErrorText {
  const found = text.slice(offset, offset + length);
  const told = detailsOf(printParseErrorCode(error), {
    found,
    before: text.slice(Math.max(0, offset - 60), offset),
    offset,
    text,
    isBefore: offset < (tree?.offset ?? Number.POSITIVE_INFINITY),
    isBehind: tree !== undefined && tree.length >= 0 && offset >= tree.offset + tree.length,
  });
  return found === '' ? told : { found: shown(found), ...told };
}

interface Place {
  readonly found: string;
  /** The text before it, cut short. */
  readonly before: string;
  readonly offset: number;
  readonly text: string;
  /** Nothing but comments is before it. */
  readonly isBefore: boolean;
  /** It is behind the end of the object that the file is. */
  readonly isBehind: boolean;
}

type ErrorName = ReturnType<typeof printParseErrorCode>;

function detailsOf(name: ErrorName, place: Place): SyntaxErrorText {
  switch (name) {
    case 'InvalidSymbol':
    case 'InvalidNumberFormat':
      return describeSymbol(place);
    case 'PropertyNameExpected':
      return { message: 'a key in double quotes is missing here' };
    case 'ValueExpected':
      return { message: 'a value is missing here', expected: 'text in double quotes, a number, { or [' };
    case 'ColonExpected':
      return { message: 'a colon is missing between key and value', expected: ':' };
    case 'CommaExpected':
      return describeComma(place);
    case 'EndOfFileExpected':
      return goesOn;
    case 'InvalidCommentToken':
    case 'UnexpectedEndOfComment':
      return { message: 'this comment is never closed', expected: '*/' };
    case 'UnexpectedEndOfString':
      return { message: 'this text has no closing quote on its line', expected: '"' };
    case 'UnexpectedEndOfNumber':
      return { message: 'this number is cut off', expected: 'digits behind it' };
    case 'InvalidUnicode':
      return {
        message: 'an escape \\u has four hexadecimal digits behind it',
        expected: '\\u00e9, for example',
      };
    case 'InvalidEscapeCharacter':
      return {
        message: 'this escape does not exist',
        expected: '\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX',
      };
    case 'InvalidCharacter':
      return {
        message: 'a tab or another control character in text is written as an escape',
        expected: '\\t',
      };
    default:
      return { message: 'this is not JSON' };
  }
}

function describeComma({ found, before, offset }: Place): SyntaxErrorText {
  const zeros = /(?:^|[^\w.])(-?0+)$/.exec(before)?.[1];
  if (zeros === undefined || !/^\d/.test(found))
    return { message: 'a comma is missing before this', expected: ',' };
  return { message: 'a number does not begin with 0', start: offset - zeros.length, found: zeros + found };
}

/** What the parser cannot read at all; most of it is right in a sister of JSON. */
function describeSymbol(place: Place): SyntaxErrorText {
  const { found, before, offset, text, isBefore, isBehind } = place;
  if (isBefore) return describeOther(found);
  if (isBehind) return goesOn;
  if (/^;/.test(found)) return { message: 'a comma stands between values', expected: ',' };
  const behind = text.slice(offset + found.length, offset + found.length + 20);
  const number = /(?:^|[^\w.-])(-?\d[\d.]*(?:[eE][+-]?\d+)?)$/.exec(before)?.[1];
  if (number !== undefined) return describeUnit(number, place);
  if (/^['‘’“”«`]/.test(found))
    return { message: 'text and keys are in double quotes', expected: `"${bare(found)}"` };
  if (/^[A-Za-z_$][\w$-]*$/.test(found) && /^\s*:/.test(behind))
    return { message: 'keys are in double quotes', expected: `"${found}"` };
  if (/^(true|false|null)$/i.test(found))
    return { message: 'this word is in small letters', expected: found.toLowerCase() };
  if (/^[-+]?(nan|inf(inity)?)$/i.test(found)) return { message: `${found} is no number in JSON` };
  if (/^[+.]/.test(found))
    return { message: 'a number begins with a digit or a minus', expected: 'such as 0.5' };
  if (/^#/.test(found)) return { message: 'a comment begins with //', expected: '//' };
  if (/^=/.test(found)) return { message: 'a colon stands between key and value', expected: ':' };
  if (/^\$\d/.test(found)) return { message: unitIsText, expected: `"${shown(found)}"` };
  if (/^[A-Za-z]/.test(found)) return { message: 'text is in double quotes', expected: `"${shown(found)}"` };
  return { message: `JSON does not use ${shown(found)}` };
}

const unitIsText = 'an amount with a unit is text';
const goesOn: SyntaxErrorText = {
  message: 'the file goes on behind its end',
  hint: 'is there a bracket too many before?',
};

function describeOther(found: string): SyntaxErrorText {
  const isProgram = found === 'FUNC';
  return {
    message: 'a capability file is JSON, and begins with {',
    expected: '{',
    ...(isProgram ? { hint: 'this is a program; --capabilities takes what your agents offer to it' } : {}),
  };
}

function describeUnit(number: string, { found, offset }: Place): SyntaxErrorText {
  const whole = number + found;
  const start = offset - number.length;
  if (!/^[A-Za-z%]+$/.test(found)) return { message: 'this number is malformed', start, found: shown(whole) };
  return {
    message: 'an amount with a unit is text',
    start,
    found: shown(whole),
    expected: `"${shown(whole)}"`,
  };
}

function bare(quoted: string): string {
  return shown(quoted.replaceAll(/^['‘’“”«`]+|['‘’“”»`]+$/g, ''));
}

/** Cut short, and what would not be seen as its number. */
function shown(found: string): string {
  const characters = [...found].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    const isSeen = code > 0x20 && code !== 0x7f && !/[\s\p{C}]/u.test(character);
    return isSeen || character === ' ' ? character : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return characters.length > 40 ? `${characters.slice(0, 39).join('')}…` : characters.join('');
}
