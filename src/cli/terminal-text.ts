/**
 * Text on its way to a terminal: what data may contain without moving the cursor, and how many columns it takes.
 */
import { graphemesOf } from '../core/language/diagnostics/display-width.js';

// Everything that a terminal or a bidirectional reader acts upon, except line feed, which lays text out.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour sequence begins with the escape character.
const COLOURS = /\u001b\[[0-9;]*m/gu;

/** One line of data, safe inside any layout: control characters, colours and line feeds become visible escapes. */
export function escapeControls(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll(CONTROLS, visibleEscape);
}

/** Laid out text: as `escapeControls`, but line feeds and colours stay. Whatever a command prints passes through. */
export function safeForTerminal(text: string): string {
  let safe = '';
  let from = 0;
  for (const colour of text.matchAll(COLOURS)) {
    safe += text.slice(from, colour.index).replaceAll(CONTROLS, visibleEscape) + colour[0];
    from = colour.index + colour[0].length;
  }
  return safe + text.slice(from).replaceAll(CONTROLS, visibleEscape);
}

/** JSON in which no raw control character is left: JSON.stringify itself escapes only those below U+0020. */
export function safeJson(document: unknown, indent?: number): string {
  return JSON.stringify(document, undefined, indent).replaceAll(
    CONTROLS,
    (character) => `\\u${hex(character, 4)}`,
  );
}

/** Columns that the text takes in a terminal; colours take none, East Asian characters and emoji two. */
export function displayWidth(text: string): number {
  const plain = text.replaceAll(COLOURS, '');
  if (/^[\u0020-\u007e]*$/u.test(plain)) return plain.length;
  let width = 0;
  for (const { columns } of graphemesOf(plain)) width += columns;
  return width;
}

/** The beginning of the text that fits in so many columns, with an ellipsis where something was left out. */
export function truncateToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const plain = text.replaceAll(COLOURS, '');
  let kept = '';
  let width = 0;
  for (const grapheme of graphemesOf(plain)) {
    width += grapheme.columns;
    if (width > columns - 1) break;
    kept += grapheme.text;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/** Columns of the terminal behind a stream, or `COLUMNS`, or 80; never less than 20. */
export function terminalWidth(stream: { columns?: number | undefined } = process.stdout): number {
  const columns = stream.columns || Number.parseInt(process.env.COLUMNS ?? '', 10) || 80;
  return Math.max(20, columns);
}

/** Columns of a stream that is a terminal; undefined of one that is not, whose lines programs read. */
export function widthIfTerminal(stream: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): number | undefined {
  return stream.isTTY === true ? terminalWidth(stream) : undefined;
}

function visibleEscape(character: string): string {
  if (character === '\t') return '  ';
  return character < '\u0100' ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(digits, '0');
}
