import { Errors } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { DiagnosedError } from '../../src/cli/diagnosed-error.js';
import { describeFailure, failureDocument, failureText } from '../../src/cli/failure.js';
import { checkSource } from '../../src/core/language/check-source.js';
import { systemWords } from '../../src/core/system-words.js';

const context = { helpCommand: 'dreamnet run --help', flagNames: ['window'], argNames: ['goal'] };

describe('a failure', () => {
  const failure = {
    code: 'DN999',
    message: `${'a few words '.repeat(10)}\n  ${'and a place below '.repeat(6)}`.trim(),
    hint: `Do this, ${'and this '.repeat(10)}`.trim(),
    exitCode: 2,
  };

  it('wraps at the width of a terminal, each line indented below itself', () => {
    const lines = failureText(failure, { columns: 60 }).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    expect(lines[1]).toMatch(/^ {2}\S/);
    expect(lines.find((line) => line.startsWith('  and a place'))).toBeDefined();
    expect(lines.at(-1)).toMatch(/^ {4}\S/);
    expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toBe(failureText(failure).replaceAll(/\s+/g, ' '));
  });

  it('stays on its lines where no terminal shows it', () => {
    expect(failureText(failure).split('\n')).toHaveLength(3);
  });

  it('shows mistakes in a source below the message, and lists them in the document', () => {
    const source = 'FUNC a() { FOR EACH t IN task_queue { FOO(t) } }';
    const result = checkSource(source, { fileName: 'a.dream' });
    if (result.ok) throw new Error('it has no mistakes');
    const about = { name: 'a.dream', source, diagnostics: result.diagnostics };
    const details = {
      code: 'DN950',
      kind: 'bad-input',
      message: 'It does not compile.',
      hint: 'Mend it.',
    } as const;
    const described = describeFailure(new DiagnosedError({ ...details, about }), context);
    expect(failureText(described, { details: 'the lines' })).toBe(
      'DN950 It does not compile.\n\nthe lines\n\n  Mend it.',
    );
    const document = failureDocument(described);
    expect(document.error).toEqual({
      code: 'DN950',
      message: 'It does not compile.',
      hint: 'Mend it.',
      exitCode: 2,
    });
    expect(document.diagnostics).toMatchObject([
      { code: 'DN013', file: 'a.dream', line: 1, severity: 'error' },
    ]);
  });
});

describe('what the system says', () => {
  it('is worded without naming the file again', () => {
    const error = Object.assign(new Error("ENOENT: no such file or directory, open '/x'"), {
      code: 'ENOENT',
      syscall: 'open',
      path: '/x',
    });
    expect(systemWords(error)).toBe('there is no such file or directory');
    expect(describeFailure(error, context)).toMatchObject({
      code: 'DN906',
      message: 'The system refused: /x: there is no such file or directory',
    });
  });

  it('stays as it is where there is no better word for it', () => {
    expect(systemWords(Object.assign(new Error('EWHAT: odd'), { code: 'EWHAT' }))).toBe('EWHAT: odd');
    expect(systemWords('just text')).toBe('just text');
  });
});

describe('what the flag parser says', () => {
  const thrown = (fields: object) => Object.assign(new Errors.CLIError('Something, in many\nlines'), fields);

  it.each([
    [
      { args: [{ name: 'goal', description: 'What to reach.' }] },
      'The argument GOAL is missing: What to reach.',
    ],
    [{ args: ['costs', '15%'] }, 'A goal is one argument, and "costs", "15%" stand outside of it.'],
    [{ args: ['15%'] }, 'A goal is one argument, and "15%" stands outside of it.'],
    [{ flags: ['--windwo=5'] }, 'There is no flag --windwo.'],
  ])('is one sentence: %j', (fields, message) => {
    expect(describeFailure(thrown(fields), context)).toMatchObject({ code: 'DN904', message, exitCode: 2 });
  });

  it('says how much a command takes', () => {
    const surplus = thrown({ args: ['x'] });
    const takes = (argNames: string[]) => describeFailure(surplus, { ...context, argNames }).message;
    expect(takes([])).toBe('The command takes no argument; found "x".');
    expect(takes(['file'])).toBe('The command takes no more arguments than FILE; found "x".');
  });
});
