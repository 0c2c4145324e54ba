/**
 * A socket path and a command in, the answer of Redis out, in bounded time: enough of the protocol to see whether a
 * server lives, without loading a client. Inline commands and replies: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
import { createConnection } from 'node:net';

export interface ProbeOptions {
  readonly socketPath: string;
  readonly command: 'PING' | 'SHUTDOWN' | 'INFO persistence';
  readonly timeoutMs: number;
}

/** Undefined when nobody answers in time. A bulk reply comes without its length, others as they are (`+PONG`). */
export function askRedis(options: ProbeOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = '';
    const socket = createConnection(options.socketPath);
    const finish = (answer: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), options.timeoutMs);
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${options.command}\r\n`));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(undefined));
    socket.on('data', (chunk: string) => {
      received += chunk;
      const answer = wholeReply(received);
      if (answer !== undefined) finish(answer);
    });
  });
}

/** Undefined while more must come. */
function wholeReply(received: string): string | undefined {
  const lineEnd = received.indexOf('\r\n');
  if (lineEnd < 0) return undefined;
  const line = received.slice(0, lineEnd);
  if (!line.startsWith('$')) return line;
  const bytes = Number(line.slice(1));
  const body = received.slice(lineEnd + 2);
  return Buffer.byteLength(body) >= bytes + 2 ? body.slice(0, -2) : undefined;
}
