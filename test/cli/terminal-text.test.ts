import { describe, expect, it } from 'vitest';
import {
  displayWidth,
  escapeControls,
  safeForTerminal,
  safeJson,
  terminalWidth,
  truncateToWidth,
} from '../../src/cli/terminal-text.js';

describe('escaping', () => {
  it('shows every control character of data', () => {
    expect(escapeControls('a\u0000\u001b[31m\r\n\u009b\u007f\u202e')).toBe(
      'a\\x00\\x1b[31m\\x0d\\n\\x9b\\x7f\\u202e',
    );
  });

  it('keeps colours and line feeds of laid out text, nothing else', () => {
    expect(safeForTerminal('\u001b[1mbold\u001b[22m\n\u001b]0;title\u0007')).toBe(
      '\u001b[1mbold\u001b[22m\n\\x1b]0;title\\x07',
    );
  });

  it('leaves letters of all languages and emoji alone', () => {
    const text = 'Grüße, 日本, مرحبا, 👩‍💻';
    expect(safeForTerminal(text)).toBe(text);
    expect(escapeControls(text)).toBe(text);
  });

  it('keeps JSON the same document', () => {
    const value = { text: '\u001b\u009b\u202e\u2028\t\n"' };
    const json = safeJson(value, 2);
    expect(JSON.parse(json)).toEqual(value);
    expect(json).not.toMatch(/[\u0080-\u009f\u202e\u2028]/);
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['\u001b[31mabc\u001b[0m', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👩‍💻', 2],
    ['✓', 1],
    ['', 0],
  ])('of %j is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('limits text with an ellipsis', () => {
    expect(truncateToWidth('abcdef', 4)).toBe('abc…');
    expect(truncateToWidth('日本語', 4)).toBe('日…');
    expect(truncateToWidth('abc', 3)).toBe('abc');
    expect(truncateToWidth('abc', 0)).toBe('');
  });

  it('of a terminal is at least 20', () => {
    expect(terminalWidth({ columns: 3 })).toBe(20);
    expect(terminalWidth({ columns: 132 })).toBe(132);
  });
});
