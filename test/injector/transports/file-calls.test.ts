import { closeSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileCallsFor } from '../../../src/core/injector/transports/file-calls.js';

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;
/** Not among those that have nobody to wait for, so that it stands for a disk behind a network. */
const elsewhere = '/proc';

let root: string;
const at = (name: string) => join(root, name);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dreamnet-calls-'));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

async function write(calls: ReturnType<typeof fileCallsFor>, name: string, text: string): Promise<void> {
  const file = await calls.open(at(name), O_WRONLY | O_CREAT | O_EXCL, 0o600);
  await calls.write(file, text);
  await calls.setMode(file, 0o755);
  await calls.close(file);
}

async function read(calls: ReturnType<typeof fileCallsFor>, name: string): Promise<string> {
  const file = await calls.open(at(name), O_RDONLY);
  const into = Buffer.alloc(100);
  const bytes = await calls.read(file, into);
  const end = await calls.read(file, into.subarray(bytes));
  await calls.close(file);
  return into.toString('utf8', 0, bytes + end);
}

it('are handed to other threads where a disk may be elsewhere', async () => {
  const opening = fileCallsFor(elsewhere).open('/dev/null', O_RDONLY);
  expect(opening).toBeInstanceOf(Promise);
  closeSync(await opening);
});

describe.each([
  ['of this machine', () => root],
  ['behind a network', () => elsewhere],
])('the calls for a disk %s', (_, directory) => {
  it('write, read, replace and remove a file', async () => {
    const calls = fileCallsFor(directory());
    await write(calls, 'one', 'first');
    expect(await read(calls, 'one')).toBe('first');
    await calls.rename(at('one'), at('two'));
    await write(calls, 'one', 'second');
    await calls.rename(at('one'), at('two'));
    await calls.link(at('two'), at('three'));
    expect([await read(calls, 'two'), await read(calls, 'three')]).toEqual(['second', 'second']);
    const found = await calls.statLink(at('two'));
    expect([found?.nlink, (found?.mode ?? 0) & 0o777]).toEqual([2, 0o755]);
    await calls.unlink(at('two'));
    expect(await calls.statLink(at('two'))).toBeUndefined();
  });

  it('say what is wrong', async () => {
    const calls = fileCallsFor(directory());
    writeFileSync(at('file'), '');
    const fail = async (call: () => unknown) => call();
    await expect(fail(() => calls.statLink(at('file/below')))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(fail(() => calls.open(at('missing'), O_RDONLY))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fail(() => calls.rename(at('missing'), at('file')))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(fail(() => calls.unlink(at('missing')))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
