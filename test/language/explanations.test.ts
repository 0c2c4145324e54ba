import { describe, expect, it } from 'vitest';
import { checkSource } from '../../src/core/language/check-source.js';
import {
  type DiagnosticCode,
  diagnosticCodes,
} from '../../src/core/language/diagnostics/diagnostic-codes.js';
import type { Diagnostic } from '../../src/core/language/diagnostics/diagnostics.js';
import { explanations, isAboutCapabilities } from '../../src/core/language/diagnostics/explanations.js';
import { readCapabilities } from '../../src/core/language/read-capabilities.js';

const codes = Object.keys(diagnosticCodes) as DiagnosticCode[];

function saidOf(code: DiagnosticCode, source: string): string[] {
  const { capabilities } = explanations[code];
  const options = { fileName: 'example', ...(capabilities === undefined ? {} : { capabilities }) };
  const result = isAboutCapabilities(code) ? readCapabilities(source, options) : checkSource(source, options);
  const said: readonly Diagnostic[] = result.ok ? result.warnings : result.diagnostics;
  return [...new Set(said.map((diagnostic) => diagnostic.code))];
}

describe.each(codes)('the explanation of %s', (code) => {
  it('shows a wrong example that gets this code and no other, and a right one that gets none', () => {
    const expected = code === 'DN010' ? ['DN013', 'DN010'] : [code];
    expect(saidOf(code, explanations[code].wrong)).toEqual(expected);
    expect(saidOf(code, explanations[code].right)).toEqual([]);
  });

  it('is a few whole sentences', () => {
    const { meaning } = explanations[code];
    expect(meaning).toMatch(/^[A-Z].*[.]$/s);
    expect(meaning.length).toBeLessThan(400);
  });
});
