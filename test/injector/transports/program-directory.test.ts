import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/core/bytecode/digest.js';
import { parseAck } from '../../../src/core/injector/transports/ack.js';
import {
  noProgram,
  openProgramDirectory,
  type ProgramDirectory,
} from '../../../src/core/injector/transports/program-directory.js';

const order = { order: '{"an":"order"}', keyId: 'ed25519:test', signature: 'c2ln' };
const [first, second] = [program('the first program'), program('the second program')];
const signal = new AbortController().signal;

let root: string;
let path: string;
let outside: string;
let opened: ProgramDirectory[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dreamnet-directory-'));
  path = join(root, 'injected-programs');
  outside = join(root, 'outside');
  mkdirSync(path);
  writeFileSync(outside, 'a file of somebody else');
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((directory) => directory.close()));
  rmSync(root, { recursive: true, force: true });
});

async function open(at = path, options?: Parameters<typeof openProgramDirectory>[1]) {
  const directory = await openProgramDirectory(at, options);
  opened.push(directory);
  return directory;
}

describe('a program on its way', () => {
  it('is staged beside the one that runs, and takes its place when it goes live', async () => {
    writeFileSync(join(path, 'program.bc'), first.bytes);
    const directory = await open();
    await directory.stage({ ...second, order });
    expect(await directory.current()).toBe(first.digest);
    expect(readFileSync(join(path, 'staged.bc'))).toEqual(second.bytes);
    expect(JSON.parse(readFileSync(join(path, 'order.json'), 'utf8'))).toEqual(order);

    expect(await directory.activate({ digest: second.digest, order })).toBe(first.digest);
    expect(await directory.current()).toBe(second.digest);
    expect(statSync(join(path, 'program.bc')).mode & 0o777).toBe(0o755);
    expect(readdirSync(path).sort()).toEqual(['ack', 'order.json', 'program.bc']);
  });

  it('is staged without an order where nobody is told of it, and not through a link', async () => {
    symlinkSync(outside, join(path, 'staged.bc'));
    const directory = await open();
    await directory.stage(first);
    await directory.stage(second);
    expect(readdirSync(path)).toEqual(['staged.bc']);
    expect(readFileSync(join(path, 'staged.bc'))).toEqual(second.bytes);
    expect(readFileSync(outside, 'utf8')).toBe('a file of somebody else');
    await expect(directory.stage({ ...first, digest: second.digest })).rejects.toMatchObject({
      code: 'DN573',
    });
  });

  it('is not live when only a part of it was written while it was staged', async () => {
    const directory = await open();
    await directory.stage(first);
    truncateSync(join(path, 'staged.bc'), 5);
    await expect(directory.activate({ digest: first.digest, order })).rejects.toMatchObject({
      code: 'DN573',
    });
    expect(await directory.activate({ ...first, order })).toBeUndefined();
    expect(await directory.current()).toBe(first.digest);
  });

  it('is live once, however often that is ordered', async () => {
    const directory = await open();
    await directory.stage({ ...first, order });
    expect(await directory.activate({ digest: first.digest, order })).toBeUndefined();
    expect(await directory.activate({ digest: first.digest, order })).toBe(first.digest);
    expect(readdirSync(path).sort()).toEqual(['ack', 'order.json', 'program.bc']);
  });

  it('makes way for the one before, or for none', async () => {
    writeFileSync(join(path, 'program.bc'), first.bytes);
    const directory = await open();
    await directory.stage({ ...second, order });
    await directory.activate({ digest: second.digest, order });
    await directory.restore({ program: first, order });
    expect(await directory.current()).toBe(first.digest);
    await directory.restore({ program: 'none', order });
    expect(await directory.current()).toBe(noProgram);
    expect(readFileSync(join(path, 'program.bc')).length).toBe(0);
  });

  it('is taken back while it is only staged, and what runs stays', async () => {
    writeFileSync(join(path, 'program.bc'), first.bytes);
    const directory = await open();
    await directory.stage({ ...second, order });
    await directory.unstage(order);
    expect(readdirSync(path).sort()).toEqual(['order.json', 'program.bc']);
    expect(await directory.current()).toBe(first.digest);
  });

  it('is a link to a file of the store where one is given, and goes live as that link', async () => {
    const file = join(root, 'stored');
    writeFileSync(file, first.bytes);
    const directory = await open();
    await directory.stage({ ...first, file, order });
    await directory.activate({ digest: first.digest, order });
    // Staged once more while it is live: both names are one file, and renaming one to the other does nothing.
    await directory.stage({ ...first, file, order });
    await directory.activate({ digest: first.digest, order });
    expect(statSync(join(path, 'program.bc')).ino).toBe(statSync(file).ino);
    expect(readdirSync(path).sort()).toEqual(['ack', 'order.json', 'program.bc']);
  });

  it('is copied where it cannot be linked', async () => {
    const directory = await open();
    await directory.stage({ ...first, file: join(root, 'no such file'), order });
    expect(readFileSync(join(path, 'staged.bc'))).toEqual(first.bytes);
  });

  it('does not go live when something else is staged, and what runs stays', async () => {
    writeFileSync(join(path, 'program.bc'), first.bytes);
    writeFileSync(join(path, 'staged.bc'), 'not what was staged');
    const directory = await open();
    await expect(directory.activate({ digest: second.digest, order })).rejects.toMatchObject({
      code: 'DN573',
      message: `${path}/staged.bc is not ${second.digest}.`,
    });
    expect(await directory.current()).toBe(first.digest);
    await directory.activate({ ...second, order });
    expect(await directory.current()).toBe(second.digest);
  });

  it('is not written when its bytes are not those of its digest', async () => {
    const directory = await open();
    const lie = { digest: first.digest, bytes: second.bytes, order };
    await expect(directory.stage(lie)).rejects.toMatchObject({ code: 'DN573' });
    expect(existsSync(join(path, 'staged.bc'))).toBe(false);
  });
});

describe('a directory that somebody hostile controls', () => {
  const names = ['program.bc', 'staged.bc', 'order.json', 'ack', 'ack'] as const;

  it('gets links out of it replaced, and nothing is written behind them', async () => {
    for (const name of names) {
      rmSync(join(path, name), { force: true });
      symlinkSync(outside, join(path, name));
    }
    const directory = await open();
    await directory.stage({ ...first, order });
    await directory.activate({ digest: first.digest, order });
    await directory.emptyAck();
    expect(readFileSync(outside, 'utf8')).toBe('a file of somebody else');
    expect(statSync(outside).mode & 0o111).toBe(0);
    for (const name of readdirSync(path)) expect(lstatSync(join(path, name)).isFile()).toBe(true);
    expect(await directory.current()).toBe(first.digest);
  });

  it('does not have its acknowledgement emptied in a file that it linked there', async () => {
    linkSync(outside, join(path, 'ack'));
    linkSync(outside, join(path, 'order.json'));
    const directory = await open();
    await directory.writeOrder(order);
    await directory.emptyAck();
    expect(readFileSync(outside, 'utf8')).toBe('a file of somebody else');
    expect(statSync(outside).mode & 0o002).toBe(0);
    expect(statSync(join(path, 'ack')).mode & 0o777).toBe(0o666);
  });

  it('is told what is wrong with a file that is no plain file, and is never waited for', async () => {
    const directory = await open();
    for (const [kind, make] of await oddities()) {
      const ack = join(path, 'ack');
      await make(ack);
      await expect(directory.readAck(), kind).rejects.toMatchObject({
        code: 'DN571',
        message: `${ack} is not read: it is ${kind}.`,
      });
      await expect(
        directory.waitForAck({ digest: first.digest, withinMs: 60_000, signal }),
      ).rejects.toMatchObject({ code: 'DN571' });
      rmSync(ack, { recursive: true });
      const program = join(path, 'program.bc');
      await make(program);
      await expect(directory.current(), kind).rejects.toMatchObject({ code: 'DN571' });
      rmSync(program, { recursive: true });
    }
  });

  it('says that a directory is in the way of a file', async () => {
    for (const name of ['program.bc', 'staged.bc', 'order.json', 'ack']) {
      rmSync(path, { recursive: true });
      mkdirSync(join(path, name, 'in the way'), { recursive: true });
      const directory = await open();
      const act =
        name === 'staged.bc' ? directory.stage({ ...first, order }) : directory.activate({ ...first, order });
      await expect(act, name).rejects.toMatchObject({
        code: 'DN572',
        message: `${path}/${name} cannot be written: a directory has that name.`,
      });
      expect(readdirSync(path).filter((left) => left.startsWith('.'))).toEqual([]);
    }
  });

  it('gets no program read that is larger than one can be, nor an acknowledgement that is no line', async () => {
    writeFileSync(join(path, 'program.bc'), '');
    writeFileSync(join(path, 'ack'), '');
    truncateSync(join(path, 'program.bc'), 2 ** 40);
    truncateSync(join(path, 'ack'), 65_537);
    const directory = await open();
    await expect(directory.current()).rejects.toMatchObject({ code: 'DN571' });
    await expect(directory.readAck()).rejects.toMatchObject({
      message: `${path}/ack is not read: it has more than 65536 bytes.`,
    });
    // It is replaced all the same.
    await directory.activate({ ...first, order });
    expect(await directory.current()).toBe(first.digest);
  });

  it('is no longer followed when another directory takes its place', async () => {
    const directory = await open();
    renameSync(path, join(root, 'moved'));
    mkdirSync(join(root, 'elsewhere'));
    symlinkSync(join(root, 'elsewhere'), path);
    await directory.stage({ ...first, order });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
    expect(readdirSync(join(root, 'moved')).sort()).toEqual(['order.json', 'staged.bc']);
  });

  it('is refused when it is a link, a file, or not there', async () => {
    symlinkSync(path, join(root, 'link'));
    for (const at of [join(root, 'link'), outside, join(root, 'nothing')]) {
      await expect(open(at)).rejects.toMatchObject({ code: 'DN570' });
    }
  });

  it('is found below a base without following any link, and made there if that is wished', async () => {
    mkdirSync(join(path, 'a'));
    symlinkSync(root, join(path, 'a', 'up'));
    await expect(open('/a/up/outside', { base: path })).rejects.toMatchObject({ code: 'DN570' });
    await expect(open('/a/up/b', { base: path, create: true })).rejects.toMatchObject({ code: 'DN570' });
    await expect(open('/a/../..', { base: path })).rejects.toMatchObject({ code: 'DN570' });
    await expect(open('/a/b', { base: path })).rejects.toMatchObject({ code: 'DN570' });
    const directory = await open('/a/b', { base: path, create: true });
    await directory.writeOrder(order);
    expect(readdirSync(join(path, 'a', 'b'))).toEqual(['order.json']);
    expect(readdirSync(root).sort()).toEqual(['injected-programs', 'outside']);
  });
});

describe('an acknowledgement', () => {
  const wait = { digest: second.digest, withinMs: 60_000, signal };
  const hex = (digest: string) => digest.slice('sha256:'.length);

  it('is found as soon as it is written, however it is written', async () => {
    const directory = await open();
    for (const text of [
      `${hex(second.digest)}\n`,
      second.digest,
      `${hex(second.digest).toUpperCase()}  program.bc`,
    ]) {
      await directory.emptyAck();
      const found = directory.waitForAck(wait);
      writeFileSync(join(path, 'ack'), text);
      expect(await found).toEqual({ digest: second.digest });
    }
  });

  it('says why the program was not loaded', async () => {
    const directory = await open();
    const found = directory.waitForAck(wait);
    writeFileSync(join(path, 'ack'), 'error: no memory\u001b[2J left\n');
    expect(await found).toEqual({ error: 'no memory [2J left' });
  });

  it('is not taken before it is whole', async () => {
    const directory = await open();
    const found = directory.waitForAck(wait);
    writeFileSync(join(path, 'ack'), hex(second.digest).slice(0, 40));
    expect(await directory.readAck()).toBeUndefined();
    writeFileSync(join(path, 'ack'), hex(second.digest));
    expect(await found).toEqual({ digest: second.digest });
    expect(parseAck('error: no mem', false)).toBeUndefined();
    expect(parseAck('error: no mem', true)).toEqual({ error: 'no mem' });
    expect(parseAck(`${hex(first.digest)} ${hex(second.digest)}`, true)).toBeUndefined();
    expect(parseAck('{"agent":', true)).toBeUndefined();
  });

  it('about the program before is a late answer, and the next one is waited for', async () => {
    const directory = await open();
    writeFileSync(join(path, 'ack'), first.digest);
    const found = directory.waitForAck({ ...wait, replaced: first.digest });
    // By then it has been seen there, too.
    for (let look = 0; look < 3; look++) expect(await directory.readAck()).toEqual({ digest: first.digest });
    writeFileSync(join(path, 'ack'), second.digest);
    expect(await found).toEqual({ digest: second.digest });
    // An agent that goes on saying so has not loaded the new one.
    writeFileSync(join(path, 'ack'), first.digest);
    expect(await directory.waitForAck({ ...wait, replaced: first.digest })).toEqual({ digest: first.digest });
  });

  it('about any other program is told at once', async () => {
    const directory = await open();
    writeFileSync(join(path, 'ack'), noProgram);
    expect(await directory.waitForAck({ ...wait, replaced: first.digest })).toEqual({ digest: noProgram });
  });

  it('that nobody understands is told when the time is over', async () => {
    const directory = await open();
    expect(await directory.waitForAck({ ...wait, withinMs: 5 })).toBeUndefined();
    writeFileSync(join(path, 'ack'), 'done!');
    expect(await directory.waitForAck({ ...wait, withinMs: 5 })).toEqual({
      error: 'its acknowledgement is not understood: done!',
    });
  });

  it('is not waited for any longer when the wait is given up', async () => {
    const directory = await open();
    const given = new AbortController();
    const found = directory.waitForAck({ ...wait, signal: given.signal });
    given.abort();
    expect(await found).toBeUndefined();
  });

  it('of an earlier order that is written late is not read', async () => {
    const directory = await open();
    await directory.emptyAck();
    const held = openSync(join(path, 'ack'), 'w');
    await directory.emptyAck();
    writeSync(held, first.digest);
    closeSync(held);
    expect(await directory.readAck()).toBeUndefined();
  });
});

it('tells that nothing can be written to the directory', async () => {
  const directory = await open('/proc/self/fdinfo');
  await expect(directory.stage({ ...first, order })).rejects.toMatchObject({ code: 'DN572' });
});

function program(text: string) {
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), bytes };
}

async function oddities(): Promise<[string, (at: string) => unknown][]> {
  const odd: [string, (at: string) => unknown][] = [
    ['a symbolic link', (at) => symlinkSync(outside, at)],
    ['a directory', (at) => mkdirSync(at)],
    ['a pipe', (at) => execFileSync('mkfifo', [at])],
    ['a socket', (at) => listen(at)],
  ];
  // Only root can make one.
  if (process.getuid?.() === 0) odd.push(['a device', (at) => execFileSync('mknod', [at, 'c', '1', '3'])]);
  return odd;
}

/** A closing server removes its socket, so another name of it stays. */
async function listen(at: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${at}.sock`, resolve));
  linkSync(`${at}.sock`, at);
  await new Promise((resolve) => server.close(resolve));
}
