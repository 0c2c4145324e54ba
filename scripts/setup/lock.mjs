// One set-up at a time in a checkout. The lock is a file with the holder's token; the holder touches it every few
// seconds, so that one left behind by a killed set-up is known by its age, in any container and after any reboot.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stopRunning } from './steps.mjs';

const TOUCH_EVERY_MS = 2_000;
const ABANDONED_AFTER_MS = 15_000;
const POLL_MS = 200;

export async function withLock(file, say, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  const token = randomUUID();
  let told = false;
  while (!tryAcquire(file, token)) {
    removeAbandoned(file);
    if (!told) say('another set-up is running here, waiting for it');
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const timer = setInterval(() => touch(file), TOUCH_EVERY_MS);
  const release = () => {
    clearInterval(timer);
    if (readToken(file) === token) rmSync(file, { force: true });
  };
  const onSignal = async (signal) => {
    await stopRunning(signal);
    release();
    process.kill(process.pid, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, onSignal);
  try {
    return await work();
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, onSignal);
    release();
  }
}

function tryAcquire(file, token) {
  try {
    writeFileSync(file, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Two waiters may see the same old lock; the one that renames a newer lock by mistake puts it back. */
function removeAbandoned(file) {
  const before = readToken(file);
  if (before === undefined || ageMs(file) < ABANDONED_AFTER_MS) return;
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (readToken(aside) === before) rmSync(aside, { force: true });
    else renameSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function readToken(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ageMs(file) {
  try {
    return Date.now() - statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Removed from outside: the work goes on, and the next set-up repairs what it must.
  }
}
