import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { programErrorCodes } from '../../src/core/bytecode/program-error.js';
import { verifyCodes } from '../../src/core/bytecode/verify-codes.js';
import { diagnosticCodes } from '../../src/core/language/diagnostics/diagnostic-codes.js';
import { diagnosticsPage } from '../support/diagnostics-page.js';
import { codesOf } from './support.js';

function page(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

describe('the documentation', () => {
  it('explains every code with what the compiler really says', async () => {
    await expect(diagnosticsPage()).toMatchFileSnapshot('../../docs/diagnostics.md');
    for (const code of Object.keys({ ...diagnosticCodes, ...verifyCodes, ...programErrorCodes })) {
      expect(page('diagnostics.md')).toContain(`\n### ${code}\n`);
    }
    expect(page('language.md')).toContain('(diagnostics.md)');
  });

  it('explains every reason for refusing a program file', () => {
    for (const [code, title] of Object.entries({ ...verifyCodes, ...programErrorCodes })) {
      expect(page('bytecode.md')).toContain(`| ${code} | ${title} |`);
    }
  });

  it('shows only programs that compile without a warning', () => {
    const programs = [...page('language.md').matchAll(/```\n(FUNC[\s\S]*?)```/g)].map(
      (match) => match[1] ?? '',
    );
    expect(programs.length).toBeGreaterThan(2);
    for (const program of programs) expect(codesOf(program), program).toEqual([]);
  });
});
