import { describe, expect, it } from 'vitest';
import { applied, onlyDiagnostic } from './support.js';

function withParameter(parameter: string): string {
  return `FUNC f(cut = ${parameter}) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, cut) } }`;
}

describe('a range that does not fit', () => {
  it.each([
    ['20% IN 5..50%', '5', '5%', '20% IN 5%..50%'],
    ['9% IN 50%..5%', '50%..5%', undefined, undefined],
    ['20 IN 5%..50%', '20', '20%', '20% IN 5%..50%'],
    ['1% IN 5%..50%', '1%', undefined, undefined],
    ['90% IN 5%..50%', '90%', undefined, undefined],
    ['20% IN 5..50', '5', '5%', '20% IN 5%..50'],
  ])('is shown where it does not fit, and nothing else is told: %s', (parameter, place, meant, mended) => {
    const source = withParameter(parameter);
    const only = onlyDiagnostic(source);
    const { offset, length } = only.span;
    expect([only.code, source.slice(offset, offset + length)]).toEqual(['DN025', place]);
    if (meant === undefined || mended === undefined) expect(only.suggestion).toBeUndefined();
    else {
      expect(only.hint).toBe(`did you mean ${meant}?`);
      expect(applied(source, only)).toBe(withParameter(mended));
    }
  });
});
