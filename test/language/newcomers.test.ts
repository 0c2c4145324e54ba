import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { fixSource } from '../../src/core/language/fix-source.js';
import { newcomersPrograms } from '../support/newcomers.js';
import { diagnosticsOf } from './support.js';

/** As `check` shows it in 80 columns, and what is left after `--fix`. */
function toldAbout(source: string): string {
  const said = renderDiagnostics(diagnosticsOf(source), { source, fileName: 'new.dream', columns: 80 });
  const { source: text, fixes } = fixSource(source, diagnosticsOf);
  const left = diagnosticsOf(text).length;
  return `${said}\n\n--- ${fixes.length} fixed, ${left} left\n${fixes.length === 0 ? '' : text}`;
}

describe('a program as somebody types it who knows another language', () => {
  it('is answered as recorded', async () => {
    const told = newcomersPrograms().map(({ name, source }) => `=== ${name}\n${toldAbout(source)}`);
    await expect(told.join('\n')).toMatchFileSnapshot('../fixtures/newcomers.txt');
  });

  it('never has more wrong with it after what is certain was mended', () => {
    for (const { name, source } of newcomersPrograms()) {
      const { source: text } = fixSource(source, diagnosticsOf);
      expect(diagnosticsOf(text).length, name).toBeLessThanOrEqual(diagnosticsOf(source).length);
    }
  });

  it.each([
    'SQL comments',
    'ELIF',
    'no THEN before a block',
    'names without LET',
    'semicolons',
    'pasted from a web page',
  ])('is mended whole when all is certain: %s', (name) => {
    const program = newcomersPrograms().find((one) => one.name === name);
    if (program === undefined) throw new Error(`there is no program ${name}`);
    const { source, fixes } = fixSource(program.source, diagnosticsOf);
    expect(fixes.length).toBeGreaterThan(0);
    expect(diagnosticsOf(source)).toEqual([]);
  });
});
