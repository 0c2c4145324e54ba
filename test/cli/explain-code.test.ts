import { describe, expect, it } from 'vitest';
import { allCodes, explainCode } from '../../src/cli/explain-code.js';
import { codesText, explanationText } from '../../src/cli/views/explain-view.js';
import { shortened } from '../../src/cli/views/shortened-source.js';

describe('explaining a code', () => {
  it('knows every code of programs, capability files and program files', () => {
    const codes = allCodes();
    expect(new Set(codes.map(({ about }) => about)).size).toBe(3);
    for (const { code } of codes) {
      const { meaning, example, remedy } = explainCode(code);
      expect(meaning.length, code).toBeGreaterThan(60);
      expect(example === undefined, code).toBe(remedy !== undefined);
    }
  });

  it.each(['DN020', 'dn020', ' Dn020 ', '020'])('is understood however the code is written: %j', (asked) => {
    expect(explainCode(asked)).toMatchObject({ code: 'DN020', severity: 'error' });
  });

  it.each([
    ['DN02O', 'Did you mean DN020?'],
    ['DN1O1', 'Did you mean DN101?'],
    ['unit mismatch', 'lists the codes'],
    ['', 'lists the codes'],
    ['DN503', 'from DN001 to DN1'],
    ['DN999', 'What commands and services say, from DN200 on, comes with its own hint.'],
    ['x'.repeat(10_000), 'lists the codes'],
  ])('says what might have been meant by %j', (asked, hint) => {
    expect(() => explainCode(asked)).toThrow(
      expect.objectContaining({ code: 'DN940', hint: expect.stringContaining(hint) as string }),
    );
  });

  it('fits a narrow terminal', () => {
    const look = { columns: 60, color: false };
    for (const { code } of allCodes()) {
      const prose = explanationText(explainCode(code), look).split('\n\n')[1] ?? '';
      for (const line of prose.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
    }
  });

  it('lists all codes, and tells warnings from errors', () => {
    const text = codesText(allCodes());
    for (const { code, title } of allCodes()) expect(text).toContain(`\n  ${code}  ${title.slice(0, 30)}`);
    expect(text).toContain('a name that is never used (warning)');
    expect(text).not.toContain('an unknown task field (');
  });
});

describe('a source in an example', () => {
  it('is shown without most of its repeated lines, and with long ones cut', () => {
    expect(shortened(`a\n${'  b\n'.repeat(1_000)}c\n`)).toBe(
      'a\n  b\n  b\n  … and 998 more lines like these\nc',
    );
    expect(shortened('a\na\na\n')).toBe('a\na\na');
    expect(shortened('x'.repeat(1_000)).length).toBeLessThan(100);
  });
});
