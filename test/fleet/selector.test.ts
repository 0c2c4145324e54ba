import { describe, expect, test } from 'vitest';
import { parseSelector, type Selectable } from '../../src/core/fleet/selector.js';

const agents: readonly Selectable[] = [
  { id: 'a', labels: { role: 'optimizer', class: 'web', region: 'us-east', gpu: '' } },
  { id: 'b', labels: { role: 'optimizer', class: 'batch', region: 'eu/west.1' } },
  { id: 'c', labels: { role: 'idler', class: 'web' } },
];
const matched = (text: string) =>
  agents
    .filter(parseSelector(text))
    .map(({ id }) => id)
    .join('');

test.each([
  ['', 'abc'],
  ['   ', 'abc'],
  ['role=optimizer', 'ab'],
  ['role==optimizer', 'ab'],
  [' role = optimizer , class = web ', 'a'],
  ['role!=optimizer', 'c'],
  ['region!=us-east', 'bc'],
  ['region=eu/west.1', 'b'],
  ['class in (web,batch)', 'abc'],
  ['class in ( web )', 'ac'],
  ['class notin (web)', 'b'],
  ['class in (web),role=idler', 'c'],
  ['region in (us-east)', 'a'],
  ['region notin (us-east)', 'bc'],
  ['gpu', 'a'],
  ['!gpu', 'bc'],
  ['! gpu', 'bc'],
  ['gpu=', 'a'],
  ['id=b', 'b'],
  ['id in (a,c)', 'ac'],
  ['id!=a', 'bc'],
  ['role=nobody', ''],
  ['in=x', ''],
  ['notin', ''],
])('"%s" means "%s"', (text, ids) => {
  expect(matched(text)).toBe(ids);
});

describe('text that is no selector', () => {
  test.each([
    ...[
      ',',
      'a,',
      ',a',
      'a,,b',
      '=',
      '=x',
      'a=b=c',
      'a b',
      'a in',
      'a in x',
      'a in (x',
      'a in x)',
      'a in ()',
    ],
    ...[
      'a in (x,,y)',
      'a in (x y)',
      'a in ((x))',
      '!!a',
      'a!',
      '!a=b',
      'a>b',
      '*',
      '-a',
      'a=-',
      '__proto__',
      'a=\u0000',
    ],
    ...['role=optimizer;drop', '$(x)', 'rôle=x', '(a)', 'a) in (b'],
  ])('"%s" is refused with DN310', (text) => {
    expect(() => parseSelector(text)).toThrow(expect.objectContaining({ code: 'DN310', kind: 'bad-input' }));
  });

  test('is quoted in part only', () => {
    expect(() => parseSelector(`a b${'c'.repeat(1_000_000)}`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/) }),
    );
  });
});

test('only what an agent itself says is a label', () => {
  for (const key of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) {
    expect(matched(key)).toBe('');
    expect(matched(`!${key}`)).toBe('abc');
  }
});

test.each([
  ['one long word', 'a'.repeat(50_000)],
  ['a word that ends badly', `${'a'.repeat(50_000)}!`],
  ['dots and dashes', `a${'.-'.repeat(25_000)}=`],
  ['spaces', `a${' '.repeat(50_000)}in${' '.repeat(50_000)}x`],
  ['spaces before a bad value', `a =${' '.repeat(50_000)}!`],
  ['open parentheses', `a in ${'('.repeat(50_000)}`],
  ['a long list', `a in (${'b,'.repeat(50_000)}`],
  ['many requirements', `${'a,'.repeat(50_000)}!`],
])('hostile text is judged at once: %s', (_what, text) => {
  const startedMs = performance.now();
  try {
    parseSelector(text);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'DN310' });
  }
  expect(performance.now() - startedMs).toBeLessThan(500);
});
