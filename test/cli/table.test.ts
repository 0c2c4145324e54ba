import { describe, expect, it } from 'vitest';
import { formatPairs, formatTable, wrap } from '../../src/cli/table.js';
import { displayWidth } from '../../src/cli/terminal-text.js';

const COLUMNS = [
  { header: 'agent', shrinkTo: 8 },
  { header: 'tasks', align: 'right' },
  { header: 'state' },
] as const;
const ROWS = [
  ['agent-00001', '12', 'live'],
  ['agent-with-a-long-name', '1,159', 'rolled back'],
];

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('a digest among pairs', () => {
  it('stays beside its name where it fits, and is never broken in two', () => {
    expect(formatPairs([['digest', digest]], 80)).toBe(`digest  ${digest}`);
    expect(
      formatPairs(
        [
          ['digest', digest],
          ['instruction', 'x'],
        ],
        80,
      ),
    ).toBe(`digest\n${digest}\ninstruction  x`);
    expect(formatPairs([['digest', digest]], 40).split('\n')).toContain(digest);
  });
});

describe('a table', () => {
  it('aligns columns and leaves no trailing spaces', () => {
    expect(formatTable(COLUMNS, ROWS, { width: 80 })).toBe(
      [
        'agent                   tasks  state',
        'agent-00001                12  live',
        'agent-with-a-long-name  1,159  rolled back',
      ].join('\n'),
    );
  });

  it('shortens only the columns that may be shortened', () => {
    const text = formatTable(COLUMNS, ROWS, { width: 32 });
    expect(text).toContain('agent-with-…  1,159  rolled back');
    expect(widest(text)).toBe(32);
  });

  it('lets the cells of a column that wraps continue below themselves', () => {
    const columns = [{ header: 'id' }, { header: 'agents', shrinkTo: 8, wraps: true }, { header: 'n' }];
    const rows = [
      ['a', '3 live, 1 staged, 36 pending', '7'],
      ['b', '40 live', '8'],
    ];
    expect(formatTable(columns, rows, { width: 22 }).split('\n')).toEqual([
      'id  agents           n',
      'a   3 live, 1        7',
      '    staged, 36',
      '    pending',
      'b   40 live          8',
    ]);
    expect(formatTable(columns, rows, { width: 80 })).not.toContain('\n    staged');
  });

  it('becomes blocks where it does not fit', () => {
    const text = formatTable(COLUMNS, ROWS, { width: 20 });
    expect(text).toContain('agent  agent-00001\ntasks  12\nstate  live\n\n');
    expect(widest(text)).toBeLessThanOrEqual(20);
  });

  it('shows control characters and line feeds of data instead of obeying them', () => {
    expect(formatTable([{ header: 'id' }], [['a\u001b[2J\nb']], { width: 80 })).toBe('id\na\\x1b[2J\\nb');
  });

  it('counts wide characters as two columns', () => {
    const text = formatTable(
      [{ header: 'name' }, { header: 'n' }],
      [
        ['日本', '1'],
        ['ab', '2'],
      ],
      { width: 80 },
    );
    expect(text).toBe('name  n\n日本  1\nab    2');
  });

  it('of nothing is its header', () => {
    expect(formatTable(COLUMNS, [], { width: 80 })).toBe('agent  tasks  state');
  });
});

describe('pairs', () => {
  it('align their values and continue long ones below them', () => {
    expect(
      formatPairs(
        [
          ['goal', 'reduce costs 15%'],
          ['id', 'x'],
        ],
        16,
      ),
    ).toBe('goal  reduce\n      costs 15%\nid    x');
  });

  it('put values below names that leave no room', () => {
    expect(formatPairs([['a-very-long-name', 'value']], 20)).toBe('a-very-long-name\n  value');
  });
});

describe('wrapping', () => {
  it('breaks words longer than a line, and never splits a character', () => {
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(wrap('日本語', 3)).toEqual(['日', '本', '語']);
    expect(wrap('😀😀😀', 5).join('')).toBe('😀😀😀');
  });

  it('ends even where nothing fits', () => {
    expect(wrap('日本', 0)).toEqual(['日', '本']);
  });
});

function widest(text: string): number {
  return Math.max(...text.split('\n').map(displayWidth));
}
