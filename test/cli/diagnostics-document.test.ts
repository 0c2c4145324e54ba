import { describe, expect, it } from 'vitest';
import { diagnosticDocument, type Place } from '../../src/cli/views/diagnostics-document.js';
import { diagnosticsOf, ifCondition, inLoop } from '../language/support.js';

function documentsOf(source: string) {
  return diagnosticsOf(source).map((diagnostic) =>
    diagnosticDocument(diagnostic, { file: 'a.dream', source }),
  );
}

function at(source: string, { offset, length }: Place): string {
  return source.slice(offset, offset + length);
}

describe('the document of a diagnostic', () => {
  it('holds every place with its end, counted as editors count', () => {
    const source = inLoop('\n  IF task.memory > 5s THEN ROUTE_TO_CHEAPER_REGION(task)');
    const [only] = documentsOf(source);
    expect(only).toMatchObject({
      code: 'DN020',
      severity: 'error',
      file: 'a.dream',
      line: 2,
      column: 20,
      endLine: 2,
      endColumn: 22,
      found: 'a duration (s)',
      related: [{ line: 2, column: 6, endColumn: 17, message: 'task.memory is bytes (B)' }],
      suggestion: { line: 2, column: 20, endColumn: 22, replacement: '5MB', certain: false },
    });
    if (only === undefined) throw new Error('nothing was said');
    expect(at(source, only)).toBe('5s');
    expect(only.related.map((place) => at(source, place))).toEqual(['task.memory']);
  });

  it.each(['\n', '\r\n', '\r'])('ends on the last line of a place over several, with %j between', (end) => {
    const source = inLoop(`ROUTE_TO_CHEAPER_REGION(task,${end} 5%${end})`);
    const [only] = documentsOf(source);
    expect(only).toMatchObject({ code: 'DN018', line: 1, endLine: 3, endColumn: 2 });
  });

  it('has suggestions that mend the source when they are applied as they stand', () => {
    const source = ifCondition('"\u{1F600}" == "" OR task.memory > 1 GB');
    const found = documentsOf(source).find(({ code }) => code === 'DN003');
    const edit = found?.suggestion;
    if (edit === undefined) throw new Error('nothing is suggested');
    const mended = source.slice(0, edit.offset) + edit.replacement + source.slice(edit.offset + edit.length);
    expect(mended).toContain('task.memory > 1GB THEN');
    expect(edit.certain).toBe(true);
  });

  it('leaves out what was not said, so that JSON has no empty keys', () => {
    const [only] = documentsOf('FUNC f() { }');
    expect(only).toMatchObject({ code: 'DN044', severity: 'warning', related: [] });
    expect(Object.keys(only ?? {})).not.toContain('suggestion');
    expect(Object.keys(only ?? {})).not.toContain('found');
  });
});
