/** Archives that we write are those that tar reads, and the other way round. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { firstFileOf, tarOf } from '../../../../src/core/injector/transports/docker/tar.js';

it('writes what tar unpacks, modes and empty files included', () => {
  const directory = scratch();
  const bytes = Buffer.alloc(1_300, 7);
  const archive = tarOf(
    [
      { name: 'folder/', mode: 0o755 },
      { name: 'folder/program.bc', mode: 0o755, bytes },
      { name: 'folder/ack', mode: 0o666, bytes: new Uint8Array() },
    ],
    Date.now(),
  );
  execFileSync('tar', ['-x', '-p', '-C', directory], { input: archive });
  expect(execFileSync('cat', [join(directory, 'folder/program.bc')])).toEqual(bytes);
  expect(statSync(join(directory, 'folder/program.bc')).mode & 0o777).toBe(0o755);
  expect(statSync(join(directory, 'folder/ack'))).toMatchObject({ size: 0, mode: 0o100666 });
});

it.each(['ustar', 'pax', 'gnu'])('reads the file that tar packed as %s', (format) => {
  const directory = scratch();
  writeFileSync(join(directory, 'ack'), 'loaded');
  const archive = execFileSync('tar', ['-c', `--format=${format}`, '-C', directory, 'ack']);
  expect(firstFileOf(archive)?.toString()).toBe('loaded');
});

it('reads nothing out of a link, of half an archive, and of noise', () => {
  const directory = scratch();
  symlinkSync('/etc/passwd', join(directory, 'ack'));
  expect(firstFileOf(execFileSync('tar', ['-c', '-C', directory, 'ack']))).toBeUndefined();
  const whole = tarOf([{ name: 'ack', mode: 0o666, bytes: Buffer.alloc(700) }], 0);
  expect(firstFileOf(whole.subarray(0, 900))).toBeUndefined();
  expect(firstFileOf(Buffer.alloc(5_000, 255))).toBeUndefined();
  expect(firstFileOf(Buffer.alloc(0))).toBeUndefined();
});

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'dreamnet-docker-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
