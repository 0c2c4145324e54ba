import { expect, it } from 'vitest';
import { renderDiagnostic } from '../../src/core/language/render-diagnostic.js';
import { diagnosticsOf, ifCondition } from './support.js';

function rendered(source: string): string {
  const [first] = diagnosticsOf(source);
  if (first === undefined) throw new Error('nothing to render');
  return renderDiagnostic(first, { source, fileName: 'my.dream' });
}

it('shows file, line, column, code, message, the line, a caret under the place, and what to do', () => {
  expect(rendered('FUNC f() {\n  FOR EACH t IN task_queue {\n    RAISE_CONCURENCY(t, 5%)\n  }\n}')).toBe(
    [
      'my.dream:3:5: error DN013: agents have no action RAISE_CONCURENCY',
      '    3 |     RAISE_CONCURENCY(t, 5%)',
      '      |     ^^^^^^^^^^^^^^^^',
      '        found: RAISE_CONCURENCY',
      '     expected: REDUCE_CPU_THROTTLE, REDUCE_MEMORY_CACHE, ROUTE_TO_CHEAPER_REGION, INCREASE_CPU_SHARE, INCREASE_MEMORY_CACHE, ROUTE_TO_NEARER_REGION, RELEASE_IDLE_MEMORY or RAISE_CONCURRENCY',
      '         hint: did you mean RAISE_CONCURRENCY?',
    ].join('\n'),
  );
});

it('cuts long lines around the place', () => {
  const text = rendered(ifCondition(`${'task.errors > 1 AND '.repeat(50)} task.memroy > 1GB`));
  const [, line = '', carets = ''] = text.split('\n');
  expect(line.length).toBeLessThan(140);
  expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('memroy');
});

it('passes no control character on to a terminal', () => {
  const text = rendered(ifCondition('task.errors > 1 \u001b[2J\u202e\u0007'));
  expect([...text].filter((character) => character < ' ' && character !== '\n')).toEqual([]);
  expect(text).not.toContain('\u202e');
});
