// What the steps share: an expected failure, and running a program whose output matters only when it fails.
import { spawn } from 'node:child_process';

const TAIL_LINES = 25;
const KILL_AFTER_MS = 3_000;

/** A failure the user can do something about; the message says what. */
export class SetupError extends Error {}

const running = new Set();
let stopping = false;

/** For a set-up that is itself stopped: resolves when nothing it started is left, by force after a while. */
export async function stopRunning(signal) {
  stopping = true;
  const ends = [...running].map((child) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
    const end = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    return end.then(() => clearTimeout(timer));
  });
  await Promise.all(ends);
}

/** Runs to the end and resolves to { code, output }; nothing is printed and stdin is empty. */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      if (stopping) return; // The process is about to end; nothing more is to be done or said.
      resolve({ code: signal ? 1 : code, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** The last lines of a program's output, indented, for an error message. */
export function tail(output) {
  const lines = output.trimEnd().split('\n').slice(-TAIL_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}

export function seconds(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}
