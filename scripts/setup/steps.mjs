// What the steps share: an expected failure, and running a program whose output matters only when it fails.
import { spawn } from 'node:child_process';

const TAIL_LINES = 25;

/** A failure the user can do something about; the message says what. */
export class SetupError extends Error {}

const running = new Set();

/** For a set-up that is itself stopped: nothing it started stays behind. */
export function stopRunning(signal) {
  for (const child of running) child.kill(signal);
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
